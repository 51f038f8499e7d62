import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "todo_project.settings")
django_application = get_wsgi_application()

from todo_project.server.bodies import BodyReader  # noqa: E402  (needs the settings)
from todo_project.server.garbage import GarbageCollection  # noqa: E402

application = GarbageCollection(BodyReader(django_application))

resolve("/health")  # loads the views
# Everything loaded so far stays in memory. Freezing it keeps collections from scanning it, which
# took 50 ms.
gc.freeze()
