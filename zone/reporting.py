"""The form by which a reader says that something is wrong, and what keeps robots from it."""

from __future__ import annotations

import datetime
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import is_same_domain
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from zone.form_tokens import is_form_token
from zone.models import Report
from zone.models.report import sender_at
from zone.network import client_address, network_of
from zone.translation import active_language
from zone.turns import Turn, take_turn

PERIOD: Final = datetime.timedelta(hours=1)
MOST_OF_A_SENDER: Final = 5
MOST_IN_ALL: Final = 200
"""Reports in ``PERIOD``: from one network address, which may be that of a whole office, and from all."""
_OUR_OWN: Final = ("same-origin", "none")
"""What browsers say of what a page of this site sends, and of what its reader has them send once more."""


def is_from_elsewhere(request: HttpRequest) -> bool:
    """Return whether a page of another site lets its reader's browser send the form.

    Every browser of today says so where the site has HTTPS; elsewhere, and before 2023, they name the origin at least.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if request.method != "POST":
        return False
    if site is not None:
        return site not in _OUR_OWN
    return origin is not None and not _is_ours(origin, request.get_host())


def _is_ours(origin: str, host: str) -> bool:
    trusted = (one.partition("://")[2].lstrip("*") for one in settings.CSRF_TRUSTED_ORIGINS)
    return any(is_same_domain(origin.partition("://")[2], ours) for ours in (host, *trusted))


class ReportForm(forms.ModelForm):
    """What is wrong, and where that can be checked. ``website`` is a field that readers do not see and robots fill."""

    website = forms.CharField(required=False)
    token = forms.CharField(required=False)

    class Meta:
        model = Report
        fields = ("page", "message", "evidence", "email")
        error_messages = {"message": {"required": _("Say what is wrong.")}}

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(
            request.POST if request.method == "POST" else None, initial={"page": request.GET.get("page", "")}
        )
        self.fields["page"] = forms.CharField(required=False)
        self.instance.language = active_language()
        self.instance.sender = sender_at(network_of(client_address(request)))

    def clean_page(self) -> str:
        """Return the path that is meant, as much of it as is kept."""
        return str(self.cleaned_data["page"])[: Report._meta.get_field("page").max_length]

    def clean_website(self) -> str:
        """Return nothing. Raises ``ValidationError`` for whatever a robot has put there."""
        if self.cleaned_data["website"]:
            raise ValidationError(_("Leave this field empty: it is a trap for robots."), code="robot")
        return ""

    def clean(self) -> dict[str, Any]:
        """Raise ``ValidationError`` for what no page of ours sends, or nobody so often; what was typed stays."""
        cleaned = super().clean() or self.cleaned_data
        if not is_form_token(cleaned.get("token", "")):
            message = _("This form is older than a week, or has not come from a page of ours. Please send it again.")
            self.add_error(None, ValidationError(message, code="token"))
        recent = Report.objects.filter(created_at__gt=timezone.now() - PERIOD)
        if recent.filter(sender=self.instance.sender).count() >= MOST_OF_A_SENDER:
            message = ngettext_lazy(
                "%(count)d report has come from your network within an hour. Please send yours later.",
                "%(count)d reports have come from your network within an hour. Please send yours later.",
                MOST_OF_A_SENDER,
            )
            raise ValidationError(message % {"count": MOST_OF_A_SENDER}, code="too_many")
        if recent.count() >= MOST_IN_ALL:
            raise ValidationError(_("We are getting too many reports at the moment. Please try later."), code="flood")
        return cleaned

    def save(self, commit: bool = True) -> Any:
        """Keep the report, and forget who sent the old ones."""
        Report.objects.all().forget_senders()
        return super().save(commit)


@transaction.atomic
def is_taken(form: ReportForm) -> bool:
    """Keep the report in ``form`` if nothing is wrong with it, and return whether it was kept.

    Of those that come at once, each is counted before the next is looked at.
    """
    take_turn(Turn.REPORT)
    is_valid = form.is_valid()
    if is_valid:
        form.save()
    return is_valid
