#!/bin/sh
# Run once by the postgres image, when its data folder is new, after it has made the database.
# `mirror` owns the database and writes; `portal_reader` reads what mirror makes there, now and later.
#
# In parentheses: the image runs an executable file and sources any other, and a sourced `set -u` would end its script.
(
  set -eu
  folder=${PASSWORDS:-/run/passwords}
  mirror=$(cat "$folder/mirror")
  reader=$(cat "$folder/portal_reader")
  for password in "$mirror" "$reader"; do
    case $password in
      '' | *[!A-Za-z0-9._~-]*)
        echo 'The passwords of mirror and portal_reader may hold letters, digits and . _ ~ - only.' >&2
        exit 1
        ;;
    esac
  done
  psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<SQL
CREATE ROLE mirror LOGIN PASSWORD '$mirror';
CREATE ROLE portal_reader LOGIN PASSWORD '$reader';
ALTER DATABASE "$POSTGRES_DB" OWNER TO mirror;
REVOKE ALL ON DATABASE "$POSTGRES_DB" FROM PUBLIC;
GRANT CONNECT ON DATABASE "$POSTGRES_DB" TO portal_reader;
-- schemas and tables appear later, made by mirror
ALTER DEFAULT PRIVILEGES FOR ROLE mirror GRANT USAGE ON SCHEMAS TO portal_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE mirror GRANT SELECT ON TABLES TO portal_reader;
SQL
)
