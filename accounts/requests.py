from rest_framework.request import Request

from .models import User


class AuthenticatedRequest(Request):
    """The type of a request in a view with `IsAuthenticated`, for the type checker."""

    user: User
