#!/bin/sh
# Lays out what TestPeersRetire compares: the npm package retire, a list, and
# real old files of libraries, once under their names and once without.
#
#	adapters/scanners/content/libraries/peers.sh DIR
#	SCANLEDGER_TEST_PEERS=DIR go test -tags peers -run PeersRetire ./adapters/scanners/content/libraries
set -eu
dir=$1
mkdir -p "$dir/files/named" "$dir/files/plain" "$dir/packages"
npm install --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix "$dir" \
	retire@5.7.0 @salesforce/code-analyzer-retirejs-engine@0.32.0 >"$dir/npm.log" 2>&1

n=0
while read -r package file; do
	name=$(echo "$package" | tr @/ --)
	if [ ! -d "$dir/packages/$name" ]; then
		archive=$(cd "$dir" && npm pack --silent "$package" 2>>npm.log | tail -n 1)
		mkdir "$dir/packages/$name"
		tar -xzf "$dir/$archive" -C "$dir/packages/$name" --warning=no-unknown-keyword
		rm "$dir/$archive"
	fi
	n=$((n + 1))
	mkdir -p "$dir/files/named/$name"
	cp "$dir/packages/$name/package/$file" "$dir/files/named/$name/"
	cp "$dir/packages/$name/package/$file" "$dir/files/plain/$n.js"
done <<'FILES'
jquery@1.12.4 dist/jquery.js
jquery@1.12.4 dist/jquery.min.js
jquery@2.2.4 dist/jquery.min.js
jquery@3.3.1 dist/jquery.min.js
jquery@3.4.1 dist/jquery.slim.min.js
jquery@3.7.1 dist/jquery.min.js
jquery-migrate@1.4.1 dist/jquery-migrate.min.js
jquery-ui-dist@1.12.1 jquery-ui.min.js
jquery-ui-dist@1.12.1 jquery-ui.js
jquery-validation@1.19.0 dist/jquery.validate.min.js
bootstrap@3.3.7 dist/js/bootstrap.min.js
bootstrap@4.1.1 dist/js/bootstrap.min.js
angular@1.5.8 angular.min.js
lodash@4.17.4 lodash.min.js
lodash@4.17.4 lodash.js
underscore@1.8.3 underscore-min.js
moment@2.18.1 min/moment.min.js
handlebars@4.0.5 dist/handlebars.min.js
mustache@2.2.0 mustache.min.js
knockout@3.4.2 build/output/knockout-latest.js
dompurify@2.0.0 dist/purify.min.js
vue@2.5.16 dist/vue.min.js
vue@2.5.16 dist/vue.js
react@15.6.0 dist/react.min.js
react-dom@16.2.0 umd/react-dom.production.min.js
axios@0.18.0 dist/axios.min.js
select2@4.0.3 dist/js/select2.min.js
tinymce@4.7.0 tinymce.min.js
dojo@1.11.0 dojo.js
plupload@2.3.6 js/plupload.full.min.js
chart.js@2.9.3 dist/Chart.min.js
ua-parser-js@0.7.20 dist/ua-parser.min.js
pdfjs-dist@2.0.943 build/pdf.min.js
froala-editor@3.2.0 js/froala_editor.min.js
FILES
