curl https://issafesite.com/api/v1/report?scanId=clx1abc \
-H "Authorization: Bearer YOUR_API_KEY"
