curl -H "Authorization: Bearer YOUR_API_KEY" \
https://issafesite.com/api/v1/scan
