const axios = require('axios');

const api = axios.create({
  baseURL: 'https://secably.com/api/v1/',
  headers: {
    'Content-Type': 'application/json'
  }
});

// Login
const loginResponse = await api.post('auth/login/', {
  email: 'user@example.com',
  password: 'password123'
});

// Set authorization header
api.defaults.headers.common['Authorization'] = `Bearer ${loginResponse.data.access}`;

// Add website and start scan
const websiteResponse = await api.post('websites/', {
  url: 'https://example.com',
  name: 'My Website'
});

const scanResponse = await api.post(`websites/${websiteResponse.data.id}/scan/`);
console.log('Scan started:', scanResponse.data.scan_id);

// Check scan status
const scanDetails = await api.get(`scans/${scanResponse.data.scan_id}/`);
console.log('Scan status:', scanDetails.data.status);
