-- « Retrouver ma réservation » by phone number (C13): the links go to the e-mail address of the bookings found.
CREATE INDEX booking_phone ON booking (phone) WHERE phone IS NOT NULL AND email IS NOT NULL;
