from django.urls import path

from .views import CalendarView, ExportView, ImportView

urlpatterns = [
    path("calendar", CalendarView.as_view(), name="calendar-address"),
    path("export", ExportView.as_view(), name="export"),
    path("import", ImportView.as_view(), name="import"),
]
