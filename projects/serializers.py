from rest_framework import serializers

from todo_project.api.fields import STRING_FIELDS
from todo_project.api.serializers import CompiledListSerializer, OwnedSerializer

from .models import Project


class ProjectSerializer(OwnedSerializer):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        **STRING_FIELDS,
    }

    class Meta:
        model = Project
        list_serializer_class = CompiledListSerializer
        fields = [
            "id",
            "name",
            "color",
            "archived",
            "position",
            "revision",
            "created_at",
            "updated_at",
        ]
        extra_kwargs = {
            "color": {
                "allow_blank": False,
                "style": {"template": "projects/color_field.html", "folded": True},
            },
            "archived": {"style": {"folded": True}},
            "position": {"read_only": True},
        }
