-- The part of the evidence around the plate, and x, y, width and height of the plate in it; null where the evidence had gone before anybody decided.
alter table learning_items
    add column frame_sha256 text,
    add column frame_box    int[];
