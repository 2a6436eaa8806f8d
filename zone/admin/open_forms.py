"""The forms that are open: nothing that is typed into them is lost, and whoever else has one open is named.

A form has a random name, its *opening*. While it is open, the browser sends now and then a sign of life, and the
answers when they have changed (``zone/static/zone/admin/keep.js``). Kept answers are offered when their author opens
the form again, and forgotten when it has been saved.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any, Final, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.forms import ModelForm
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zone.admin.describing import name_of
from zone.admin.kept_answers import MalformedError, TooLargeError, is_opening, new_opening, read, storable
from zone.admin.keys import key_of
from zone.admin.restoring import query_dict, restored_form, restored_formset
from zone.models import OpenForm
from zone.posted import filled_in

OPENING: Final = "_opening"
"""The hidden answer of a form that names its opening."""

REOPEN: Final = "_reopen"
"""The button that shows a form again as it was sent, without saving it."""

RESTORE: Final = "restore"
"""What the address of a form asks for to show the answers of an opening."""

_CLEANING: Final = datetime.timedelta(hours=1)


def others_with(record: models.Model, user: User) -> list[OpenForm]:
    """Return for each other user who has ``record`` open one form: the unsaved one, else the one opened first."""
    forms = OpenForm.objects.of(type(record), record.pk).still_open().exclude(user=user)
    found: dict[int, OpenForm] = {}
    for form in forms.defer("data").select_related("user").order_by("opened_at"):
        if form.user_id not in found or (form.is_unsaved and not found[form.user_id].is_unsaved):
            found[form.user_id] = form
    return list(found.values())


def kept_content(user: User, model: type[models.Model], object_id: int | None) -> OpenForm | None:
    """Return the form with what ``user`` typed last into a record's form and did not save."""
    return OpenForm.objects.of(model, object_id).filter(user=user).with_answers().order_by("-kept_at").first()


def forget(user: User, model: type[models.Model], object_id: int | None, opening: str) -> None:
    """Remember that a form was saved, and drop what it and the forms before it kept.

    What ``user`` keeps of the record in a second window, opened before and used after this one, stays.
    """
    opened_at = now = timezone.now()
    if is_opening(opening):
        form, _created = OpenForm.objects.update_or_create(
            opening=opening,
            user=user,
            defaults={"seen_at": now, "saved_at": now, "kept_at": None, "data": None},
            create_defaults={
                "content_type": ContentType.objects.get_for_model(model),
                "object_id": object_id,
                "saved_at": now,
            },
        )
        opened_at = form.opened_at
    if object_id is not None:
        OpenForm.objects.of(model, object_id).filter(user=user, kept_at__lt=opened_at).delete()


def clean_up() -> None:
    """Delete what has outlived its use; at most once in an hour, for it is done while somebody waits."""
    if cache.add("open_forms_cleaned", True, _CLEANING.total_seconds()):
        OpenForm.objects.outlived().delete()


def moment(time: datetime.datetime | None) -> str | None:
    """Return ``time`` as people say it: without the day, if it is today."""
    if time is None:
        return None
    local = timezone.localtime(time)
    return f"{local:%H:%M}" if local.date() == timezone.localdate() else f"{local:%Y-%m-%d %H:%M}"


def note_on(form: OpenForm) -> str:
    """Say who has a record open, since when, and whether something was typed."""
    words = {"name": name_of(form.user), "time": moment(form.opened_at)}
    if form.is_unsaved:
        return _("%(name)s has had this record open since %(time)s, with unsaved changes.") % words
    return _("%(name)s has had this record open since %(time)s.") % words


class OpenFormsAdmin(admin.ModelAdmin):
    """Pages whose forms are kept while they are open."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_keep"
        keep, discard = (self.admin_site.admin_view(require_POST(view)) for view in (self.keep, self.discard))
        return [
            path("keep/", keep, name=name),
            path("keep/discard/", discard, name=f"{name}_discard"),
            *super().get_urls(),
        ]

    # What the browser sends while a form is open

    def keep(self, request: HttpRequest) -> HttpResponse:
        """Take a sign of life of a form, with its answers if they have changed; say who else has the record open."""
        try:
            sent = read(request)
        except TooLargeError:
            return JsonResponse({}, status=413)
        except MalformedError:
            return JsonResponse({}, status=400)
        record = self.get_object(request, str(sent.object_id)) if sent.object_id else None
        if sent.object_id and record is None:
            return JsonResponse({}, status=404)
        request.nobody_acts = sent.data is None  # type: ignore[attr-defined]
        if not (self.has_change_permission(request, record) if record else self.has_add_permission(request)):
            raise PermissionDenied
        user = cast(User, request.user)
        with transaction.atomic():
            form = self._seen(user, sent.opening, sent.object_id)
            if form is None:
                return JsonResponse({}, status=400)
            saved = form.saved_at is not None
            if sent.data is not None and not saved:
                form.data, form.kept_at = (sent.data, form.seen_at) if sent.data else (None, None)
                form.save(update_fields=["data", "kept_at"])
            form.save(update_fields=["seen_at"])
        return JsonResponse(
            {
                "kept_at": form.kept_at and timezone.localtime(form.kept_at).isoformat(),
                "kept": moment(form.kept_at),
                "others": [note_on(other) for other in (others_with(record, user) if record else [])],
                "saved": saved,
            }
        )

    def discard(self, request: HttpRequest) -> HttpResponse:
        """Throw away what the user kept under an opening, and of its record what was kept before."""
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        content_type = ContentType.objects.get_for_model(self.model)
        own = OpenForm.objects.filter(user=cast(User, request.user), content_type=content_type)
        form = own.filter(opening=request.POST.get("opening", "").replace("\0", "")).first()
        if form is not None:
            if form.object_id is not None and form.kept_at:
                own.filter(object_id=form.object_id, kept_at__lte=form.kept_at).delete()
            own.filter(pk=form.pk).delete()
        if request.accepts("text/html"):
            return HttpResponseRedirect(self._form_address(key_of(request.POST.get("object_id")), request.GET))
        return HttpResponse(status=204)

    def _seen(self, user: User, opening: str, object_id: int | None) -> OpenForm | None:
        """Return the form of that name, locked and seen now; ``None`` if the name is that of another record's form.

        Raises ``PermissionDenied`` if another user opened it, who has logged out meanwhile.
        """
        named = OpenForm.objects.select_for_update().defer("data").filter(opening=opening)
        if named.exclude(user=user).exists():
            raise PermissionDenied
        content_type = ContentType.objects.get_for_model(self.model)
        form, _created = named.get_or_create(
            opening=opening, user=user, defaults={"content_type": content_type, "object_id": object_id}
        )
        if (form.content_type_id, form.object_id) != (content_type.pk, object_id):
            return None
        form.seen_at = timezone.now()
        return form

    # What the form shows

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Show the form with what was kept of it, or with what was just sent and is not to be saved yet."""
        if REOPEN in request.POST:
            request.restored = request.POST  # type: ignore[attr-defined]
            request.method = "GET"
        elif request.method == "GET" and RESTORE in request.GET and (kept := self._asked_for(request, object_id)):
            request.restored = query_dict(kept.data or [])  # type: ignore[attr-defined]
            request.restored[OPENING] = kept.opening  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, *args, **kwargs)

    def restored(self, request: HttpRequest) -> QueryDict | None:
        """Return the answers that the form shows instead of the record, if the user has asked for them."""
        return getattr(request, "restored", None)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[ModelForm]:
        form = super().get_form(request, obj, change, **kwargs)
        data = self.restored(request)
        return form if data is None else restored_form(form, data)

    def get_formsets_with_inlines(
        self, request: HttpRequest, obj: Any = None
    ) -> Iterator[tuple[type[BaseInlineFormSet], Any]]:
        data = self.restored(request)
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            yield (formset if data is None else restored_formset(formset, data)), inline

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if self.has_change_permission(request, obj) if obj else self.has_add_permission(request):
            context["open_form"] = self._opened(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _asked_for(self, request: HttpRequest, object_id: str | None) -> OpenForm | None:
        number = key_of(object_id)
        if object_id and number is None:
            return None
        forms = OpenForm.objects.of(self.model, number).filter(user=cast(User, request.user)).with_answers()
        return forms.filter(opening=request.GET[RESTORE].replace("\0", "")).first()

    def _opened(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        """Remember that the form is open, and return what its page has to know about that."""
        clean_up()
        user, object_id = cast(User, request.user), record.pk if record else None
        restored = self.restored(request)
        is_new = request.method == "GET" and restored is None
        offer = kept_content(user, self.model, object_id) if is_new else None
        sent = (request.POST if restored is None else restored).get(OPENING, "")
        opening = sent if is_opening(sent) else new_opening()
        if request.method == "GET":
            now = timezone.now()
            OpenForm.objects.update_or_create(
                opening=opening,
                user=user,
                defaults={"opened_at": now, "seen_at": now},
                create_defaults={"content_type": ContentType.objects.get_for_model(self.model), "object_id": object_id},
            )
        query = request.GET.copy()
        query.pop(RESTORE, None)
        query.pop("check", None)
        return {
            "opening": opening,
            "object_id": object_id,
            "user_id": user.pk,
            "is_unsaved": not is_new,
            "offer": offer and {"opening": offer.opening, "kept_at": offer.kept_at, "moment": moment(offer.kept_at)},
            "query": query.urlencode(),
            "notes": [note_on(form) for form in others_with(record, user)] if record else [],
            "csrf_cookie": settings.CSRF_COOKIE_NAME,
            "keep_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_keep"),
            "discard_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_keep_discard"),
        }

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Keep what was sent to the form of a record that somebody has moved to the trash meanwhile."""
        if request.method == "POST":
            opening = storable(request.POST.get(OPENING, ""))
            own = OpenForm.objects.filter(user=cast(User, request.user), opening=opening)
            data = [(storable(name), storable(value)) for name, value in filled_in(request)]
            if own.update(data=data, kept_at=timezone.now()):
                messages.info(request, _("What you wrote is kept, and offered to you when the record is restored."))
        return super()._get_obj_does_not_exist_redirect(request, opts, object_id)  # type: ignore[misc]

    def _form_address(self, object_id: int | None, query: QueryDict) -> str:
        """Return the address of the form of a record, or of the one that adds a record."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_"
        address = reverse(f"{name}change", args=[object_id]) if object_id else reverse(f"{name}add")
        return f"{address}?{query.urlencode()}" if query else address
