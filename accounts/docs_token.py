"""The button of Swagger UI's page that gets a token for the user of the session."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from rest_framework.authentication import SessionAuthentication
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from .requests import AuthenticatedRequest
from .tokens import RefreshToken

KEY = "docs_sign_in"  # of the session: another click ends the sign-in of the click before


@method_decorator(cache_control(no_store=True), name="dispatch")
class DocsTokenView(APIView):
    """Gives an access token of a new sign-in, which ends with it: nobody gets the refresh token."""

    authentication_classes = [SessionAuthentication]  # which checks the CSRF token
    throttle_classes = ()  # `PageLimitMiddleware` counts the calls of a user
    renderer_classes = [JSONRenderer]
    schema = None

    def post(self, request: AuthenticatedRequest) -> Response:
        sign_ins = request.user.sign_ins
        if KEY in request.session:
            sign_ins.filter(pk=request.session[KEY]).delete()
        user_agent = f"Swagger UI, {request.headers.get('User-Agent', '')}"
        access = RefreshToken.for_user(request.user, user_agent).access_token
        lifetime: Any = settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"]
        sign_ins.filter(pk=access["sid"]).update(expires_at=access.current_time + lifetime)
        request.session[KEY] = access["sid"]
        return Response({"access": str(access), "minutes": lifetime // timedelta(minutes=1)})
