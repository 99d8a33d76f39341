"""The first page of the office: what waits for the signed-in person, of every floor below."""
