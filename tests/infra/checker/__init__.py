"""A checker for our Bicep files that needs no network and no Bicep: what CI's `bicep build` would say, as far as a
syntax tree and small tables can tell it. It lives with the tests because nothing that is shipped or deployed uses
it."""
