"""What drf-spectacular cannot see for itself; it knows SimpleJWT's class, not ones made of it."""

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme


class SignInScheme(SimpleJWTScheme):
    target_class = "accounts.authentication.SignInAuthentication"
