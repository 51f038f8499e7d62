import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "todo_project.settings")
django_application = get_wsgi_application()

from .edge import Edge  # noqa: E402  (it reads the settings)

application = Edge(django_application)
