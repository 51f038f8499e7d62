from rest_framework.request import Request

from .models import User


class AuthenticatedRequest(Request):
    """What a view behind `IsAuthenticated` is given, for the type checker."""

    user: User
