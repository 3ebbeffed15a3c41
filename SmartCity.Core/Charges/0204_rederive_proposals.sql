-- Days that somebody wants worked out again, which would change what is charged, until a second person agrees (Core:Review:TwoPeople).
create table rederive_proposals (
    plate       text not null,
    day         date not null,
    proposed_by text not null,
    why         text not null,
    proposed_at timestamptz not null,
    primary key (plate, day, proposed_by)
);
