using SmartCity.Contracts.Api;

namespace SmartCity.Core.Privacy;

/// <summary>A table that holds plates. All that hold any are here: access, erasure and the register of processing activities go through this list.</summary>
/// <param name="Of">Which rows are a plate's; <c>$1</c> is the plate.</param>
/// <param name="Erase">Takes the plate out of the rows that nothing needs; <c>$1</c> is the plate. Null when the rows are kept.</param>
/// <param name="Kept">What an erasure leaves, and why.</param>
internal sealed record PlateRecord(string Table, string What, string Of, string? Erase, string? Kept, string Purpose, string Recipients)
{
    private const string Hidden = "Hidden from everybody without the scope privacy:write and a reason, and not removed by retention.";
    private const string Evidence = "What a charge that can still be challenged, an alert that was not dismissed or a case that waits for review rests on is kept until that is over; then retention removes it.";

    /// <summary>Erased with their pictures, by the slice that keeps them.</summary>
    public const string LearningItems = "Readings kept for training";

    // Whatever rests on a sighting names it; these are the plate's sightings that nothing does any more. Made by ErasureSteps.
    private const string ErasedSightings = "select id from erased_sightings";

    // It names what happened by its id; only a program's own words may hold a plate.
    private const string Told = """
        (event = 'alert.raised' and subject in (select id::text from alerts where plate = $1)
         or event like 'charge.%' and subject in (select id::text from charge_entries where plate = $1)
         or event = 'sighting.stored' and subject in (select id::text from sightings where plate = $1 or read_plate = $1)
         or reason ~ ('\m' || $1 || '\M'))
        """;

    // An item may rest on sightings, charges and decisions of other plates than its own.
    private const string Copied = """
        (plate = $1 or jsonb_path_exists(record,
            '$ ? (@.sightings[*].plate == $p || @.sightings[*].decision.read == $p || @.decisions[*].read == $p || @.decisions[*].plate == $p || @.charges[*].plate == $p || @.disputes[*].charge.plate == $p || @.alerts[*].alert.plate == $p)',
            jsonb_build_object('p', $1::text)))
        """;

    // What a record that could not be used may hold: bytes of any kind.
    private const string Undelivered = "(position(convert_to($1, 'UTF8') in coalesce(record_value, '')) > 0 or position(convert_to($1, 'UTF8') in coalesce(record_key, '')) > 0 or reason ~ ('\\m' || $1 || '\\M'))";

    // As people write a plate: in small letters too, and with gaps.
    private static string Names(string column) => $@"{column} ~* ('\m' || regexp_replace($1, '(.)(?=.)', '\1 ?', 'g') || '\M')";

    /// <summary>What the data subject is given of a row; <c>$1</c> is the plate.</summary>
    public string Columns { get; init; } = "*";

    /// <summary>What a restriction of the plate means for its rows.</summary>
    public string Restricted { get; init; } = "Stored as before.";

    /// <summary>In the order in which they are erased.</summary>
    public static IReadOnlyList<PlateRecord> All { get; } =
    [
        new("function_events", "What functions are to be told, and what they never took", Told, $"delete from function_events where (state = 'dead' and {Told}) or (event = 'sighting.stored' and subject in (select id::text from erased_sightings))",
            "What waits is told, because the alert or charge is kept, or a sighting that one rests on.", "To let other systems act on what happened", "The functions of the city file") { Restricted = "Of alerts and charges, told as before; of sightings, not told." },
        new("alerts", "Alerts", "plate = $1", "delete from alerts where plate = $1 and state = 'dismissed'",
            "Alerts that were not dismissed are kept for the investigation that they belong to, until their retention ends.", "To find vehicles that the police or a court seek", "Operators, the authority that asked, receivers of webhooks and of messages about alerts") { Restricted = "Still raised and dealt with, because others' safety rests on them; hidden from lists once somebody has dealt with them, and not removed by retention." },
        new("review_cases", "Cases of the review", "plate = $1 or resolved_plate = $1 or other_plate = $1 or sighting_id in (select sighting_id from reviewed_reads where read_plate = $1 or plate = $1)",
            $"""
            with gone as (delete from review_cases where sighting_id in ({ErasedSightings}) returning 1),
                 apart as (update review_cases set other_id = null, other_at = null, other_station = null, other_plate = null, other_evidence = null
                           where other_id in ({ErasedSightings}) and sighting_id not in ({ErasedSightings}) returning 1)
            select (select count(*) from gone) + (select count(*) from apart)
            """,
            Evidence, "To have doubtful readings checked before anybody is charged", "Reviewers") { Restricted = "Still decided; hidden from lists once they are." },
        new("review_proposals", "Decisions that wait for a second person", "plate = $1", $"delete from review_proposals where plate = $1 or sighting_id in ({ErasedSightings})",
            null, "To let two people decide where somebody would be charged", "Reviewers"),
        new("reviewed_reads", "Decisions on readings", "plate = $1 or read_plate = $1", $"delete from reviewed_reads where sighting_id in ({ErasedSightings})",
            Evidence, "To prove who decided, and to improve recognition", "Reviewers, administrators"),
        new("learning_items", LearningItems, "plate = $1 or read_plate = $1", null, null, "To improve recognition", "Administrators") { Restricted = "None are added." },
        new("passages", "Passages", "plate = $1",
            "delete from passages where plate = $1 and id not in (select passage_id from sightings where plate = $1 and passage_id is not null) and id not in (select passage_id from alerts where plate = $1)",
            Evidence, "To charge and to search for vehicles", "Operators, investigators with a reason") { Restricted = Hidden },
        new("seen_plates", "The list of plates that were ever seen", "plate = $1", "delete from seen_plates where plate = $1 and not exists (select from passages where plate = $1)",
            Evidence, "To search quickly for parts of a plate", "Investigators with a reason"),
        new("watched_plates", "Plates whose readings a person checks after an upheld dispute", "plate = $1", "delete from watched_plates where plate = $1", null, "Not to charge the same misread twice", "Reviewers"),
        new("charge_days_in_doubt", "Days whose charge is being worked out", "plate = $1", "delete from charge_days_in_doubt where plate = $1", null, "To charge exactly", "Nobody"),
        new("rederive_proposals", "Days that somebody wants worked out again", "plate = $1", "delete from rederive_proposals where plate = $1", null, "To let two people decide on a charge", "Administrators"),
        new("sightings", "Sightings", "plate = $1 or read_plate = $1", null, Evidence, "To read plates and to prove what was read", "Operators, investigators with a reason") { Restricted = Hidden },
        new("charge_entries", "Charges", "plate = $1", null, "The ledger is a book of account: the law demands that it is kept.", "To collect the charges of the zone", "The charging authority, the keeper") { Restricted = "Still collected, disputed and reversed, because legal claims rest on them; hidden from lists and exports." },
        new("investigation_items", "Copies in investigations", Copied, null, "What an investigation gathered is kept as long as the investigation is open. A closed one is removed when its last day is over.", "To prove what was found", "Investigators, whoever gets an evidence package")
        {
            Restricted = "Hidden, and not put into packages.",
            // Neither what an investigator wrote, nor names, nor another vehicle's plate that the copy may have beside.
            Columns = "kind, item_id, case when plate = $1 then plate end as plate, case when plate = $1 then what end as what, at, added_at",
        },
        new("hotlist_entries", "Hot-list", "pattern = $1", null, "An entry is the order of an authority. Ask that authority to withdraw it.", "To find vehicles that the police or a court seek", "Operators, edges (hashed)"),
        new("vehicles", "Registry", "plate = $1", null, "The registry is a copy of the register of keepers, which charges rest on. Ask the register.", "To know what a vehicle owes", "Investigators with a reason"),
        new("vehicle_history", "What the registry said before", "plate = $1", null, "As the registry.", "To charge by the facts of the day", "Investigators with a reason"),
        new("plate_restrictions", "Restrictions of this plate", "plate = $1", "delete from plate_restrictions where plate = $1 and lifted_at is not null",
            "The plate is restricted.", "To restrict what is done with the other records", "Administrators"),
        new("dead_letters", "Records that could not be used", Undelivered, null, "It is kept until somebody has put it right or given it up, so that no sighting is lost.", "To lose no sighting", "Administrators")
        {
            Columns = "topic, recorded_at, reason, encode(record_value, 'escape') as record",
        },
        new("investigation_notes", "Notes of investigations", "text ~ ('\\m' || $1 || '\\M')", null, "As the copies in investigations.", "To prove what was found", "Investigators")
        {
            // Nor what an investigator wrote, nor their name.
            Columns = "at",
        },
        new("investigation_files", "Files of investigations, by their names", "name ~ ('\\m' || $1 || '\\M')", null, "As the copies in investigations. What is in a file nobody can search.", "To prove what was found", "Investigators") { Columns = "added_at" },
        new("shift_entries", "Entries in the logs of shifts", $"(plate = $1 or {Names("text")} or {Names("struck_reason")})", $"delete from shift_entries where plate = $1 or {Names("text")} or {Names("struck_reason")}",
            null, "To hand over what happened in the control room", "Operators, investigators")
        {
            Restricted = "Hidden, and not removed by retention.",
            // Not who wrote it, nor what it says beside of other vehicles.
            Columns = "at, kind, case when plate = $1 and kind = 'vehicle' then text end as text",
        },
        new("notes", "Notes", $"(plate = $1 or {Names("text")})", $"delete from notes where plate = $1 or {Names("text")}", null, "To know what others have noticed about a vehicle", "Operators, investigators with a reason")
        {
            Restricted = Hidden,
            // Not who wrote it, nor a note on something else that names the vehicle.
            Columns = "at, case when plate = $1 then text end as text",
        },
        new("saved_searches", "Saved searches", $"(plate = $1 or {Names("name")})", $"delete from saved_searches where plate = $1 or {Names("name")}", null, "To search for the same again", "Whoever saved it") { Restricted = "Hidden.", Columns = "page, saved_at" },
        new("shifts", "What was written when shifts were handed over", Names("note"), $"update shifts set note = null where {Names("note")}", null, "To hand over what happened in the control room", "Operators, investigators") { Columns = "handed_at" },
        new("sql_queries", "Saved statements", "(sql ~ ('\\m' || $1 || '\\M') or name ~ ('\\m' || $1 || '\\M'))", null, "A statement is its owner's. Whoever needs the plate in it no longer deletes it.", "To ask the archive again", "Analysts with the right to see plates")
        {
            Columns = "changed_at",
        },
        new("audit", "The audit: who looked at what", "(subject ~ ('\\m' || $1 || '\\M') or details ~ ('\\m' || $1 || '\\M'))", null, "It proves who looked at the plate and why, and is signed line by line. Its own retention removes it.", "To find out about misuse", "Data protection officers, administrators")
        {
            // Not who, so that nobody is put under pressure.
            Columns = "at, action",
        },
        new("vehicle_discounts", "Discounts", "plate = $1", null, "As the registry.", "Not to charge whoever need not pay", "Investigators with a reason"),
    ];

    public PlateRecordView View => new(Table, What, Purpose, Recipients, Kept);
}
