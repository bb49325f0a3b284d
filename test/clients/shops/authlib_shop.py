"""A shop on Authlib's OAuth2Session, as its documentation has it. Takes one command a line, answers one line of JSON."""
import json
import sys
from urllib.parse import urlencode

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import jwt
from authlib.oidc.core import CodeIDToken

issuer, redirect_uri = sys.argv[1:]
metadata = requests.get(issuer + '/.well-known/openid-configuration').json()
keys = requests.get(metadata['jwks_uri']).json()
shop = OAuth2Session(
    'borealis-web',
    'borealis-demo-secret',
    scope='openid profile email',
    redirect_uri=redirect_uri,
    code_challenge_method='S256',
    token_endpoint=metadata['token_endpoint'],
)
verifier, nonce = generate_token(48), generate_token()
state = None


def sign_in():
    global state
    url, state = shop.create_authorization_url(metadata['authorization_endpoint'], code_verifier=verifier, nonce=nonce)
    return {'url': url}


def callback(response):
    token = shop.fetch_token(authorization_response=response, state=state, code_verifier=verifier)
    claims = jwt.decode(
        token['id_token'],
        keys,
        claims_cls=CodeIDToken,
        claims_options={'iss': {'values': [issuer]}, 'aud': {'values': ['borealis-web']}},
        claims_params={'nonce': nonce, 'client_id': 'borealis-web'},
    )
    claims.validate(leeway=60)
    return {'sub': claims['sub'], 'userinfo': shop.get(metadata['userinfo_endpoint']).json()}


def refresh():
    before = dict(shop.token)
    shop.refresh_token(metadata['token_endpoint'])
    rotated = all(before[name] != shop.token[name] for name in ('access_token', 'refresh_token'))
    return {'rotated': rotated, 'userinfo': shop.get(metadata['userinfo_endpoint']).json()}


def sign_out():
    return {'url': metadata['end_session_endpoint'] + '?' + urlencode({'id_token_hint': shop.token['id_token']})}


def userinfo():
    return {'status': shop.get(metadata['userinfo_endpoint']).status_code}


commands = {'sign_in': sign_in, 'callback': callback, 'refresh': refresh, 'sign_out': sign_out, 'userinfo': userinfo}
print('ready', flush=True)
for line in sys.stdin:
    name, *args = line.split()
    print(json.dumps(commands[name](*args)), flush=True)
