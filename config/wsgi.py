import os

from django.core.wsgi import get_wsgi_application

from config.wire import Wire

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = Wire(get_wsgi_application())
