-- Calls to make are looked for on every visit to the workspace: they are few among all bookings (D9).
CREATE INDEX booking_to_call_back ON booking (session_id) WHERE to_call_back;
