-- How the plate moved in the picture; null when too little was seen to say, or the edge says nothing of it.
alter table sightings add column movement text;
