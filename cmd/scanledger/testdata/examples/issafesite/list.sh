curl https://issafesite.com/api/v1/scan?page=1&limit=10 \
-H "Authorization: Bearer YOUR_API_KEY"
