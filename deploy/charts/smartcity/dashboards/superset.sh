#!/bin/sh
# Starts Superset with the city's two dashboards. Its own database is in its home folder and is made when it is not there.
set -eu
superset db upgrade
superset fab create-admin --username admin --firstname Smart --lastname City --email admin@localhost --password "$SUPERSET_ADMIN_PASSWORD"
superset init

# The file names the city's address as Compose has it, and no password.
python3 - "$(dirname "$0")/superset.zip" /tmp/smartcity.zip <<'PY'
import os, sys, urllib.parse, zipfile

with zipfile.ZipFile(sys.argv[1]) as exported, zipfile.ZipFile(sys.argv[2], "w") as imported:
    for name in exported.namelist():
        text = exported.read(name).decode()
        if "/databases/" in name:
            text = text.replace("XXXXXXXXXX", urllib.parse.quote(os.environ["LAKE_PASSWORD"], safe="")).replace("@lake:5433/", "@" + os.environ["LAKE_ADDRESS"] + "/").replace("?channel_binding=disable", "?channel_binding=disable" + os.environ.get("LAKE_OPTIONS", ""))
        imported.writestr(name, text)
PY
superset import-dashboards --path /tmp/smartcity.zip --username admin
rm /tmp/smartcity.zip
exec gunicorn --bind 0.0.0.0:8088 --workers 2 --timeout 300 "superset.app:create_app()"
