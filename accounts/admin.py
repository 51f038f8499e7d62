from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import CASCADE, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from todo_project.admin.change_lists import MAX_SELECTED, LargeTableAdmin
from todo_project.admin.history import HistoryMixin

from .access_admin import UserFilter as UserFilter
from .access_admin import outranks
from .forms import AdminLoginForm, LimitedPasswordChangeForm
from .login_limit import LoginLimit
from .models import User

admin.site.login_form = AdminLoginForm
admin.site.password_change_form = LimitedPasswordChangeForm


class UserCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email"]


RIGHTS = ["is_staff", "is_superuser", "groups", "user_permissions"]


@admin.register(User)
class UserAdmin(LargeTableAdmin, DjangoUserAdmin):
    add_form = UserCreationForm
    list_display = ["email", "name", "is_active", "is_staff", "date_joined"]
    list_filter = ["is_active", "is_staff", "date_joined"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    # Relations. Many objects are shown by a method, one object by Django.
    activity = ["sign_ins", "personal_tokens", "second_factor"]
    readonly_fields = ["date_joined", "email_verified_at", "last_login", *activity]
    actions = ["sign_out_everywhere", "delete_selected"]
    fieldsets = [
        (None, {"fields": ["email", "password", "name", "timezone"]}),
        ("Permissions", {"fields": ["is_active", *RIGHTS]}),
        ("Dates", {"fields": ["date_joined", "email_verified_at", "last_login"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "usable_password", "password1", "password2"]}),
    ]
    # Under a lock too, see `get_object()`.
    user_change_password = transaction.atomic(DjangoUserAdmin.user_change_password)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """With what an account has, as far as the caller may see that."""
        first, *others = super().get_fieldsets(request, obj)
        seen = [name for name in self.activity if obj and self.may_see(request, name)]
        return [first, ("Activity", {"fields": seen}), *others] if seen else [first, *others]

    def may_see(self, request: HttpRequest, relation: str) -> bool:
        model: Any = User._meta.get_field(relation).related_model
        return self.admin_site.get_model_admin(model).has_view_or_change_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who is not a superuser makes none, and hands out no rights."""
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else [*fields, *RIGHTS]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return outranks(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return outranks(request, obj) and super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """As Django's, which lists each task; how many there are of anything will do."""
        counts, lacking = {User._meta.verbose_name_plural: len(objs)}, set()
        if not all(self.has_delete_permission(request, user) for user in objs):
            lacking.add(User._meta.verbose_name)
        cascades = [one for one in User._meta.related_objects if one.on_delete is CASCADE]
        for relation in cascades:
            model: Any = relation.related_model
            its_admin = self.admin_site._registry.get(model)
            if its_admin is None or getattr(its_admin, "view_only", False):
                continue
            rows = model.objects.filter(**{f"{relation.field.name}__in": objs})
            counts[model._meta.verbose_name_plural] = rows.count()
            if not its_admin.has_delete_permission(request):
                lacking.add(model._meta.verbose_name)
        return [f"User: {user}" for user in objs], counts, lacking, []

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:  # staff who add an account have checked its address
            obj.email_verified_at = timezone.now()
        if form.has_changed():
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        super().delete_model(request, obj)
        LoginLimit(None, obj.email).forget()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """One by one, as `User.delete` does more than the database."""
        for user in queryset:
            self.delete_model(request, user)

    @admin.action(description="Sign out everywhere", permissions=["change"])
    def sign_out_everywhere(self, request: HttpRequest, queryset: QuerySet[User]) -> Any:
        """Asks first, like Django's deletion."""
        if self.too_many(request, queryset, MAX_SELECTED):
            return None
        users = [user for user in queryset if outranks(request, user)]
        if "post" not in request.POST:
            context = {"title": "Sign out everywhere?", "users": users, "opts": self.opts}
            context |= self.admin_site.each_context(request)
            return TemplateResponse(request, "admin/accounts/user/sign_out.html", context)
        with transaction.atomic():
            for user in users:
                user.sign_out_everywhere()
                self.log_change(request, user, "Signed out everywhere.")
        self.message_user(request, f"{len(users)} signed out everywhere.")
        return None

    @admin.display(description="sign-ins")
    def sign_ins(self, user: User) -> SafeString:
        return link_to_list(user.sign_ins)

    @admin.display(description="personal access tokens")
    def personal_tokens(self, user: User) -> SafeString:
        return link_to_list(user.personal_tokens)


def link_to_list(related: Any) -> SafeString:
    """The number of a user's objects, with a link to them."""
    url = reverse(f"admin:accounts_{related.model._meta.model_name}_changelist")
    return format_html('<a href="{}?user={}">{}</a>', url, related.instance.pk, related.count())


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(HistoryMixin, DjangoGroupAdmin):
    """Who is not a superuser changes none: a group gives and takes the rights of its staff."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser
