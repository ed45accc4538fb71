#!/bin/sh
# Run once by the mysql image, when its data folder is new, after it has made the database and the portal's account.
# The mirror's account may read this one database, and nothing else.
#
# In parentheses: the image runs an executable file and sources any other, and a sourced `set -u` would end its script.
(
  set -eu
  password=$(cat "${PASSWORDS:-/run/passwords}/mirror")
  case $password in
    '' | *[!A-Za-z0-9._~-]*)
      echo 'The password of mirror may hold letters, digits and . _ ~ - only.' >&2
      exit 1
      ;;
  esac
  # _ and % in the name of a database are wildcards of GRANT
  database=$(printf '%s' "$MYSQL_DATABASE" | sed 's/[_%]/\\&/g')
  MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql --protocol=socket --user=root --batch <<SQL
CREATE USER IF NOT EXISTS 'mirror'@'%' IDENTIFIED BY '$password';
GRANT SELECT ON \`$database\`.* TO 'mirror'@'%';
SQL
)
