using static SmartCity.Core.Lake.Columns;

namespace SmartCity.Core.Lake;

/// <summary>The tables of the lake. A field id is given once: a new column takes the next one, and one that goes is not given again.</summary>
internal static class LakeTables
{
    /// <summary>
    /// A row for each sighting. A correction, by later frames or by a person, comes as a further row until its day is compacted: the one with the newest
    /// <c>archived_at</c> counts.
    /// </summary>
    public static readonly LakeTableDefinition Sightings = new()
    {
        Name = "sightings",
        PartitionBy = "captured_at",
        IsRemovedByDay = true,
        SortBy = ["captured_at", "id"],
        TogetherBy = "plate",
        NewestBy = ["archived_at", "revision"],
        Select =
            """
            s.id::text, s.captured_at, s.station_id, s.camera_id, s.lane, s.direction, s.plate, s.country, s.format, s.confidence, s.characters, s.frames, s.box[1], s.box[2], s.box[3], s.box[4],
            s.evidence, s.detector_version, s.reader_version, s.speed_kmh, s.trace_id, s.stored_at, s.clock_synchronised, s.revision, s.movement, s.read_plate, s.reviewed_at, statement_timestamp()
            """,
        Columns =
        [
            Text(1, "id", isDistinct: true), Time(2, "captured_at", isRequired: true, isDistinct: true), Text(3, "station_id"), Text(4, "camera_id"), Int(5, "lane"), Text(6, "direction"),
            Text(7, "plate"), Text(8, "country"), Text(9, "format"), Double(10, "confidence"), Floats(11, 12, "characters"), Int(13, "frames"),
            Int(14, "box_x"), Int(15, "box_y"), Int(16, "box_width"), Int(17, "box_height"), Text(18, "evidence", isDistinct: true), Text(19, "detector_version"), Text(20, "reader_version"),
            Double(21, "speed_kmh"), Text(22, "trace_id", isDistinct: true), Time(23, "stored_at"), Bool(24, "clock_synchronised"), Int(25, "revision"), Text(26, "movement"),
            Text(27, "read_plate"), Time(28, "reviewed_at"), Time(29, "archived_at"),
        ],
    };

    /// <summary>One vehicle past one station. Days that are over, as they are now.</summary>
    public static readonly LakeTableDefinition Passages = new()
    {
        Name = "passages",
        PartitionBy = "first_at",
        IsRemovedByDay = true,
        SortBy = ["first_at", "id"],
        Select = "p.id::text, p.first_at, p.last_at, p.plate, p.country, p.station_id, p.camera_id, p.direction, p.sightings, p.best_sighting_id::text, p.best_at, p.best_confidence, p.evidence",
        Columns =
        [
            Text(1, "id", isDistinct: true), Time(2, "first_at", isRequired: true, isDistinct: true), Time(3, "last_at", isDistinct: true), Text(4, "plate"), Text(5, "country"), Text(6, "station_id"),
            Text(7, "camera_id"), Text(8, "direction"), Int(9, "sightings"), Text(10, "best_sighting_id", isDistinct: true), Time(11, "best_at", isDistinct: true), Double(12, "best_confidence"), Text(13, "evidence", isDistinct: true),
        ],
    };

    /// <summary>The ledger, whose lines are never changed: what stands is the sum. <c>day</c> is the charging day.</summary>
    public static readonly LakeTableDefinition Charges = new()
    {
        Name = "charges",
        PartitionBy = "day",
        SortBy = ["recorded_at", "id"],
        Select = "c.id::text, c.day, c.kind, c.plate, c.scheme, c.amount, c.rule, c.why, c.tariff_version, c.sighting_id::text, c.station_id, c.reverses::text, c.waives, c.generation, c.recorded_at, c.currency",
        Columns =
        [
            Text(1, "id", isDistinct: true), Day(2, "day", isRequired: true), Text(3, "kind"), Text(4, "plate"), Text(5, "scheme"), Money(6, "amount"), Text(7, "rule"), Text(8, "why"),
            Text(9, "tariff_version"), Text(10, "sighting_id", isDistinct: true), Text(11, "station_id"), Text(12, "reverses"), Bool(13, "waives"), Int(14, "generation"), Time(15, "recorded_at", isRequired: true), Text(16, "currency"),
        ],
    };

    /// <summary>Alerts as they were when the snapshot was made.</summary>
    public static readonly LakeTableDefinition Alerts = new()
    {
        Name = "alerts",
        SortBy = ["raised_at", "id"],
        Select =
            """
            select id::text, entry_id::text, passage_id::text, sighting_id::text, plate, pattern, reason, priority, station_id, camera_id, direction, captured_at, raised_at, state, joined_into::text
            from alerts order by raised_at, id
            """,
        Columns =
        [
            Text(1, "id", isDistinct: true), Text(2, "entry_id"), Text(3, "passage_id", isDistinct: true), Text(4, "sighting_id", isDistinct: true), Text(5, "plate"), Text(6, "pattern"), Text(7, "reason"), Int(8, "priority"),
            Text(9, "station_id"), Text(10, "camera_id"), Text(11, "direction"), Time(12, "captured_at", isDistinct: true), Time(13, "raised_at", isRequired: true, isDistinct: true), Text(14, "state"), Text(15, "joined_into"),
        ],
    };

    /// <summary>The registry, dated: a row holds from <c>from_day</c> (null: always) until the day before <c>to_day</c> (null: it still does). Keepers stay in Postgres.</summary>
    public static readonly LakeTableDefinition Vehicles = new()
    {
        Name = "vehicles",
        SortBy = ["plate", "from_day"],
        Select =
            """
            select v.plate, nullif(since, '-infinity') as from_day, later.to_day, make, model, colour, year, class, fuel, euro, first_registered, gross_kg, unladen_kg, tax_class, type_approval
            from vehicles v left join (
                select h.plate, min(h.from_day) as to_day from vehicle_history h join vehicles w on w.plate = h.plate
                where h.plate in (select plate from vehicle_history where to_day = 'infinity') and h.from_day > w.since group by h.plate) later on later.plate = v.plate
            union all
            select plate, nullif(from_day, '-infinity'), nullif(to_day, 'infinity'), make, model, colour, year, class, fuel, euro, first_registered, gross_kg, unladen_kg, tax_class, type_approval from vehicle_history
            order by plate, from_day nulls first
            """,
        Columns =
        [
            Text(1, "plate", isRequired: true, isDistinct: true), Day(2, "from_day"), Day(3, "to_day"), Text(4, "make"), Text(5, "model"), Text(6, "colour"), Int(7, "year"), Text(8, "class"), Text(9, "fuel"), Int(10, "euro"),
            Day(11, "first_registered"), Int(12, "gross_kg"), Int(13, "unladen_kg"), Text(14, "tax_class"), Text(15, "type_approval"),
        ],
    };

    /// <summary>Stations, with the zones that they belong to on the day of the snapshot.</summary>
    public static readonly LakeTableDefinition Stations = new()
    {
        Name = "stations",
        SortBy = ["id"],
        Select =
            """
            select id, name, latitude, longitude, array(select distinct zone from station_zones z where z.station_id = s.id and current_date >= z.from_day and current_date < z.to_day order by 1), retired_at
            from stations s order by id
            """,
        Columns = [Text(1, "id", isRequired: true), Text(2, "name"), Double(3, "latitude"), Double(4, "longitude"), Texts(5, 6, "zones"), Time(7, "retired_at")],
    };

    /// <summary>Tables that are written whole once a day.</summary>
    public static readonly IReadOnlyList<LakeTableDefinition> Snapshots = [Alerts, Vehicles, Stations];

    public static readonly IReadOnlyList<LakeTableDefinition> All = [Sightings, Passages, Charges, .. Snapshots];
}
