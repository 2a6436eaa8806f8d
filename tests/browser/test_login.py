"""The first login of an editor, from the password to the desk, and one's own account."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import Page, expect

from tests.browser.accessibility import WIDTH, violations

pytestmark = pytest.mark.browser

PASSWORD = "a long password for tests"


def log_in(page: Page) -> None:
    # Whoever types before the page has given the focus is told so in the console.
    expect(page.get_by_label("Username")).to_be_focused()
    page.get_by_label("Username").fill("root")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_an_editor_sets_up_the_second_factor_alone(
    transactional_db: None, live_server: Any, page: Page, settings: Any
) -> None:
    settings.SECOND_FACTOR = True
    user = User.objects.create_superuser("root", password=PASSWORD)
    page.set_viewport_size({"width": 375, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    found = []

    def look() -> None:
        found.extend(violations(page))
        expect(page.get_by_role("button", name="Toggle theme")).to_have_count(1)
        if page.evaluate(WIDTH) != 375:
            found.append((page.url, "wide"))

    account = f"{live_server.url}/admin/account/"
    page.goto(account)
    look()
    log_in(page)
    expect(page.get_by_role("heading", name="Set up the second factor")).to_be_visible()
    look()
    page.get_by_role("button", name="Toggle theme").click()
    expect(page.locator("html")).not_to_have_attribute("data-theme", "auto")
    secret = page.locator(".secret").inner_text().replace(" ", "")
    app = TOTPDevice.objects.get(user=user)
    assert f"secret={secret}&" in app.config_url
    page.get_by_role("textbox", name="Code").fill(f"{totp(app.bin_key):06d}")
    page.get_by_role("button", name="Set it up").click()

    look()
    codes = page.locator(".recovery-codes code").all_inner_texts()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    whose, _, *downloaded = Path(download.value.path()).read_text("utf-8").splitlines()
    assert (whose, downloaded) == (page.locator("strong").inner_text(), codes)
    page.emulate_media(media="print")
    expect(page.get_by_text("Recovery codes of root for the Hetao newsroom at")).to_be_visible()
    expect(page.locator(".button:visible")).to_have_count(0)
    page.emulate_media(media="screen")
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    page.get_by_role("link", name="I have kept them: go on").click()

    expect(page).to_have_url(account)
    look()
    page.get_by_role("button", name="Make new recovery codes…").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    look()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("textbox", name="Code").fill(codes[0])
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".recovery-codes code")).to_have_count(10)
    assert set(page.locator(".recovery-codes code").all_inner_texts()) & set(codes) == set()
    look()
    kept = set(StaticToken.objects.values_list("token", flat=True))
    page.reload()
    expect(page).to_have_url(account)
    expect(page.get_by_text("Recovery codes are shown only once")).to_be_visible()
    assert set(StaticToken.objects.values_list("token", flat=True)) == kept
    page.goto(f"{live_server.url}/admin/zone/auditentry/")
    look()
    page.context.clear_cookies()
    page.goto(account)
    log_in(page)
    expect(page.get_by_text("Type the six digits that your app shows now")).to_be_visible()
    look()
    assert (found, complaints) == ([], [])
