import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "todo_project.settings")
django_application = get_wsgi_application()

from todo_project.server.bodies import Edge  # noqa: E402  (it reads the settings)
from todo_project.server.garbage import GarbageCollection  # noqa: E402

application = GarbageCollection(Edge(django_application))

resolve("/health")  # loads the views
# A collection skips the frozen objects (107,000 of them, which took 50 ms). By default every other
# list would start one, as a page of tasks has some hundreds of objects.
gc.freeze()
gc.set_threshold(5_000)
