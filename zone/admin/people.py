"""Accounts and groups: who may do what. Every change is asked for twice and written into the audit trail."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from zone.admin.account import end_named_sessions, end_other_sessions, sessions_of
from zone.admin.confirming import confirmed
from zone.admin.own_password import GivenPasswordForm, NewAccountForm
from zone.audit import changes_between, kind_of, record, state_of
from zone.models.audit import Event

admin.site.unregister((User, Group))  # Importing Django's own pages has opened them.


class RightsAdmin(admin.ModelAdmin):
    """Pages on which rights are given and taken: by superusers only, for whoever may give rights has them all."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    @method_decorator(confirmed)
    def changeform_view(self, *args: Any, **kwargs: Any) -> Any:
        return super().changeform_view(*args, **kwargs)

    @method_decorator(confirmed)
    def delete_view(self, *args: Any, **kwargs: Any) -> Any:
        return super().delete_view(*args, **kwargs)

    @method_decorator((confirmed, transaction.atomic))
    def response_action(self, *args: Any, **kwargs: Any) -> Any:
        return super().response_action(*args, **kwargs)

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        found = super().get_object(request, *args, **kwargs)
        if found is not None:
            found._before = state_of(found)  # type: ignore[attr-defined]
            found._password_before = getattr(found, "password", None)  # type: ignore[attr-defined]
        return found

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        changes = changes_between({}, state_of(obj))
        record(Event.ADDED, str(obj), request, kind=kind_of(obj), changes=changes)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if obj._password_before != getattr(obj, "password", None):
            end_other_sessions(obj, request)
            record(Event.PASSWORD_CHANGED, str(obj), request)
        if changes := changes_between(obj._before, state_of(obj)):
            record(Event.CHANGED, str(obj), request, kind=kind_of(obj), changes=changes)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            record(Event.DELETED, str(obj), request, kind=kind_of(obj), changes=changes_between(state_of(obj), {}))
        return super().log_deletions(request, queryset)


@admin.register(User)
class UserAdmin(RightsAdmin, DjangoUserAdmin):
    """The accounts."""

    add_form = NewAccountForm
    change_form_template = "admin/account/user.html"
    change_password_form = GivenPasswordForm

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        user = context["original"]
        where = {}
        if user is not None and self.has_change_permission(request, user):
            where = {"sessions": sessions_of(user, request), "is_own": user == request.user}
        return super().render_change_form(request, {**context, **where}, *args, **kwargs)

    @method_decorator((require_POST, confirmed))
    def end_sessions(self, request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002
        user = self.get_object(request, unquote(id))
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if user is None:
            raise Http404
        end_named_sessions(user, request)
        return redirect("admin:auth_user_change", user.pk)

    def get_urls(self) -> list[URLPattern]:
        end = path("<id>/end-sessions/", self.admin_site.admin_view(self.end_sessions), name="auth_user_end_sessions")
        return [end, *super().get_urls()]

    @method_decorator(confirmed)
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        if id == str(request.user.pk):
            return redirect("admin:password_change")
        with transaction.atomic() if request.method == "POST" else nullcontext():
            return super().user_change_password(request, id, form_url)


@admin.register(Group)
class GroupAdmin(RightsAdmin, DjangoGroupAdmin):
    """The groups, whose rights their members have."""
