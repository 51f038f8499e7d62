from rest_framework import generics
from rest_framework.permissions import AllowAny
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView

from todo_project.queries import StrictQueryMixin

from .models import User
from .requests import AuthenticatedRequest
from .serializers import (
    LoginSerializer,
    ProfileSerializer,
    RefreshSerializer,
    RegistrationSerializer,
)


class RegisterView(StrictQueryMixin, generics.CreateAPIView[User]):
    """Open an account."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = RegistrationSerializer


class LoginView(StrictQueryMixin, TokenObtainPairView):
    """Exchange an e-mail address and a password for a pair of tokens."""

    serializer_class = LoginSerializer


class RefreshView(StrictQueryMixin, TokenRefreshView):
    """Exchange a refresh token for a new pair."""

    serializer_class = RefreshSerializer


class MeView(StrictQueryMixin, generics.RetrieveUpdateAPIView[User]):
    """The caller's own profile."""

    http_method_names = ["get", "patch", "head", "options"]
    serializer_class = ProfileSerializer
    request: AuthenticatedRequest

    def get_object(self) -> User:
        return self.request.user
