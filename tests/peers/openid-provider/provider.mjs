// A certified OpenID provider (the package oidc-provider) for the tests and for trying the demo. It is somebody else's
// implementation, which is the point. People sign in with any name and any password.
//
//   PORT              where it listens; 0 or none takes a free one
//   REDIRECT_URIS     where clients may return to, with a space between
//   LOGOUT_URIS       where people may return to after signing out, with a space between
//   BACKCHANNEL_URI   who is told that a session ended
//   CLIENT_JWKS       the public keys of the client `key_jwt`, as a JSON key set
//   CLOCK_OFFSET      seconds that its clock is ahead, or behind if negative
//
// It prints one line of JSON, {"issuer": …}, when it listens, and ends with its standard input.
// POST /control/rotate makes a new signing key; the old one stays in the key set.

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';

const words = (text) => (text ?? '').split(' ').filter(Boolean);
const offset = Number(process.env.CLOCK_OFFSET ?? 0) * 1000;
if (offset) {
  const now = Date.now.bind(Date);
  Date.now = () => now() + offset;
}
const { default: Provider } = await import('oidc-provider');

const SECRET = 'a-secret-that-is-for-tests-only-and-long-enough';
const redirect_uris = words(process.env.REDIRECT_URIS);
const client = (client_id, token_endpoint_auth_method, more = {}) => ({
  client_id,
  token_endpoint_auth_method,
  redirect_uris,
  post_logout_redirect_uris: words(process.env.LOGOUT_URIS),
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  ...(process.env.BACKCHANNEL_URI && {
    backchannel_logout_uri: process.env.BACKCHANNEL_URI,
    backchannel_logout_session_required: true,
  }),
  ...more,
});
const clients = [
  client('basic', 'client_secret_basic', { client_secret: SECRET }),
  client('post', 'client_secret_post', { client_secret: SECRET }),
  client('secret_jwt', 'client_secret_jwt', { client_secret: SECRET }),
  client('public', 'none'),
  client('es256', 'client_secret_basic', { client_secret: SECRET, id_token_signed_response_alg: 'ES256' }),
];
if (process.env.CLIENT_JWKS) {
  clients.push(client('key_jwt', 'private_key_jwt', { jwks: JSON.parse(process.env.CLIENT_JWKS) }));
}

let count = 0;
const signingKeys = () => {
  count += 1;
  const jwk = (kind, options, alg) => ({
    ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }),
    kid: `${alg}-${count}`,
    alg,
    use: 'sig',
  });
  return [jwk('rsa', { modulusLength: 2048 }, 'RS256'), jwk('ec', { namedCurve: 'P-256' }, 'ES256')];
};
let keys = signingKeys();

// Whoever signs in as `ada` is ada@example.org, verified; `unverified-…` and names with an address are what they say.
const claimsOf = (login) => ({
  sub: login,
  name: login,
  email: login.includes('@') ? login : `${login}@example.org`,
  email_verified: !login.startsWith('unverified'),
});

const make = (issuer) => {
  const provider = new Provider(issuer, {
    clients,
    jwks: { keys },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['for tests only'] },
    features: {
      devInteractions: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      backchannelLogout: { enabled: true },
    },
    // Its own refuses loopback addresses, where tests listen.
    fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
    findAccount: (_, login) => ({ accountId: login, claims: () => claimsOf(login) }),
    pkce: { required: () => true },
    issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
    enabledJWA: {
      clientAuthSigningAlgValues: ['HS256', 'RS256', 'ES256', 'EdDSA'],
      idTokenSigningAlgValues: ['RS256', 'ES256'],
    },
    ttl: { Session: 3600, Grant: 3600, Interaction: 600, IdToken: 600, AccessToken: 600, RefreshToken: 3600 },
  });
  return provider.callback();
};

let handle;
const server = createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/control/rotate') {
    keys = [...signingKeys(), ...keys];
    handle = make(issuer);
    response.end();
    return;
  }
  handle(request, response);
});
await new Promise((listening) => server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
handle = make(issuer);
console.log(JSON.stringify({ issuer }));
process.stdin.resume().on('end', () => process.exit(0));
