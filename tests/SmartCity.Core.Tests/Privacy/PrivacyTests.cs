using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using DuckDB.NET.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Archive;
using SmartCity.Core.Database;
using SmartCity.Core.Lake;
using SmartCity.Core.Privacy;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Privacy;

/// <summary>Whoever drives past is told what is stored, and it is erased when they ask and nothing needs it.</summary>
public sealed class PrivacyTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateTimeOffset Noon = TimeProvider.System.GetUtcNow().Date.AddDays(-3).AddHours(12);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IObjectStore Objects => core.Services.GetRequiredService<IObjectStore>();

    [Fact]
    public async Task Every_table_that_has_a_plate_is_known_to_access_and_erasure()
    {
        await using var source = NpgsqlDataSource.Create(core.Postgres.ConnectionString);
        await using var command = source.CreateCommand(
            """
            select distinct c.table_name from information_schema.columns c join pg_class k on k.relname = c.table_name and not k.relispartition and k.relkind in ('r', 'p')
            where c.table_schema = 'public' and (c.column_name = 'plate' or c.column_name like '%\_plate' or c.column_name = 'pattern')
            """);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var tables = new List<string>();
        while (await reader.ReadAsync(Token))
        {
            tables.Add(reader.GetString(0));
        }

        // What functions are told names sightings, alerts and charges by their ids; the others have texts and bytes in which a plate may stand.
        string[] within = ["function_events", "dead_letters", "audit", "sql_queries", "investigation_notes", "investigation_files", "shifts"];
        Assert.Equal(tables.Where(t => t != "erasures").Concat(within).Order(), PlateRecord.All.Select(r => r.Table).Order());
    }

    [Fact]
    public async Task Texts_in_which_the_plate_stands_are_part_of_what_is_told_about_it()
    {
        await core.Postgres.ExecuteAsync(
            """
            insert into dead_letters (id, topic, partition, record_offset, digest, record_value, recorded_at, reason) values (gen_random_uuid(), 't', 0, 1, 'x', convert_to('{"plate":"PV21AAA","alternatives":[{"plate":"PV21AAB"}]}', 'UTF8'), now(), 'id is empty.'), (gen_random_uuid(), 't', 0, 2, 'x', null, now(), 'no');
            insert into sql_queries (id, name, sql, owner, changed_at) values (gen_random_uuid(), 'q', 'select PV21AAA', 'ann', now());
            insert into investigations (id, title, purpose, owner, opened_by, opened_at, keep_until) values ('00000000-0000-0000-0000-00000000a021', 't', 'p', 'ann', 'ann', now(), '2030-01-01');
            insert into investigation_notes (id, investigation_id, at, by, text) values (gen_random_uuid(), '00000000-0000-0000-0000-00000000a021', now(), 'ann', 'PV21AAA, again. Not XPV21AAA.');
            insert into investigation_files (id, investigation_id, name, bytes, sha256, added_by, added_at) values (gen_random_uuid(), '00000000-0000-0000-0000-00000000a021', 'PV21AAA.pdf', 1, repeat('a', 64), 'ann', now());
            """);

        using var package = new ZipArchive(await core.Http.GetStreamAsync(new Uri("/api/privacy/access?plate=PV21AAA", UriKind.Relative), Token));

        Assert.Superset(new HashSet<string> { "dead_letters.csv", "sql_queries.csv", "investigation_notes.csv", "investigation_files.csv" }, package.Entries.Select(e => e.Name).ToHashSet());
        using var note = new StreamReader(await package.GetEntry("investigation_notes.csv")!.OpenAsync(Token));
        Assert.DoesNotContain("ann", await note.ReadToEndAsync(Token), StringComparison.Ordinal);

        // The line about the first look is part of the second.
        using var again = new ZipArchive(await core.Http.GetStreamAsync(new Uri("/api/privacy/access?plate=PV21AAA", UriKind.Relative), Token));
        using var audit = new StreamReader(await again.GetEntry("audit.csv")!.OpenAsync(Token));
        Assert.StartsWith("at,action", await audit.ReadToEndAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plate_that_nothing_needs_is_gone_from_the_database_the_pictures_and_the_lake()
    {
        var (first, second) = (Sighting("PV01AAA", Noon, "london-a4"), Sighting("PV01AAA", Noon.AddHours(2), "london-a3"));
        await StoreAsync(first, second);
        await core.Postgres.ExecuteAsync("update review_cases set state = 'confirmed', resolved_plate = plate where plate = 'PV01AAA'");
        await core.Postgres.ExecuteAsync("insert into reviewed_reads (id, sighting_id, captured_at, station_id, camera_id, decision, read_plate, plate, confidence, reviewed_at) select gen_random_uuid(), id, captured_at, station_id, camera_id, 'confirmed', plate, plate, confidence, now() from sightings where plate = 'PV01AAA'");
        await core.Postgres.ExecuteAsync("insert into charge_days_in_doubt values ('PV01AAA', '2026-01-01'); insert into rederive_proposals values ('PV01AAA', '2026-01-01', 'a', 'b', now())");
        await core.Postgres.ExecuteAsync("insert into learning_items (sighting_id, captured_at, station_id, camera_id, source, decision, plate, confidence, decided_at, patch_sha256, split, suspect, gathered_at) values (gen_random_uuid(), now(), 'london-a4', 'a4-n1', 'review', 'confirmed', 'PV01AAA', 0.9, now(), repeat('a', 64), 'train', false, now())");
        Assert.True(await InLakeAsync("PV01AAA"));

        await core.Postgres.ExecuteAsync("insert into function_events (function, event, subject, at, state, attempts, reason, given_up_at) values ('f', 'sighting.stored', $1, now(), 'waiting', null, null, null), ('f', 'sighting.stored', $1, now(), 'dead', 8, 'Nobody answers.', now()), ('f', 'model.released', 'reader-1', now(), 'dead', 8, 'sh ended with status 1: no PV01AAA here', now()), ('f', 'model.released', 'reader-2', now(), 'dead', 8, 'XPV01AAA', now())", first.Id.ToString());

        var report = await EraseAsync("PV01AAA");
        Assert.Equal("reader-2", await core.Postgres.ScalarAsync<string>("select string_agg(subject, ',') from function_events where subject = $1 or subject like 'reader-%'", first.Id.ToString()));
        Assert.Equal((3L, 0L), Of(report, "What functions are to be told, and what they never took"));

        Assert.Null(report.Plate);
        foreach (var record in PlateRecord.All.Where(r => r.Table != "audit"))
        {
            Assert.Equal(0L, await core.Postgres.ScalarAsync<long>($"select count(*) from {record.Table} where {record.Of}", "PV01AAA"));
        }

        Assert.Equal(2L, await core.Postgres.ScalarAsync<long>("select count(*) from sightings where id = $1 or id = $2", first.Id, second.Id));
        await core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(first with { Revision = 1 }), [], Token); // from its edge's disk
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from sightings where plate = 'PV01AAA'"));
        Assert.False(await Objects.ExistsAsync(first.Evidence!, Token));
        Assert.False(await Objects.ExistsAsync(Contracts.Sighting.PatchKey(second.Evidence!), Token));
        Assert.False(await InLakeAsync("PV01AAA"));
        Assert.Equal((2L, 0L), Of(report, "Sightings"));
        Assert.Equal((2L, 0L), Of(report, "Passages"));
        Assert.InRange(Of(report, "Rows of the lake").Erased, 2, 4);
        Assert.All(report.Records, r => Assert.Equal(r.Kept > 0, r.Why is not null));
    }

    [Fact]
    public async Task An_erasure_waits_for_sightings_of_the_plate_that_are_being_stored()
    {
        await StoreAsync(Sighting("PV13AAA", Noon, "london-a4"));
        await core.Postgres.ExecuteAsync("update review_cases set state = 'confirmed', resolved_plate = plate where plate = 'PV13AAA'");
        await using var connection = await core.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(Token);
        await using var batch = await CorrectionGate.BeginBatchAsync(connection, ["PV13AAA"], Token);

        var erasing = EraseAsync("PV13AAA");
        await CoreHost.UntilAsync(
            () => core.Postgres.ScalarAsync<bool>("select exists (select from pg_locks where locktype = 'advisory' and not granted and classid = 2 and database = (select oid from pg_database where datname = current_database()))"),
            "the erasure waits");
        Assert.Equal(1L, await core.Postgres.ScalarAsync<long>("select count(*) from passages where plate = 'PV13AAA'"));
        await batch.CommitAsync(Token);
        await erasing;

        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from passages where plate = 'PV13AAA'"));
    }

    [Fact]
    public async Task An_erasure_waits_for_a_correction_of_a_sighting_that_counts_as_no_plate()
    {
        var sighting = Sighting("PV14AAA", Noon, "london-a4");
        await StoreAsync(sighting);
        using var decided = await core.Http.PostAsJsonAsync($"/api/sightings/{sighting.Id}/review", new ReviewResolution("no-plate"), Token);
        Assert.True(decided.IsSuccessStatusCode, await decided.Content.ReadAsStringAsync(Token));
        // No core of the former release is there.
        var time = new FakeTimeProvider();
        FormerCores.Of(core.Services.GetRequiredService<NpgsqlDataSource>()).Seen(time);
        time.Advance(TimeSpan.FromMinutes(2));
        var (entered, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var correcting = CorrectionGate.CorrectAsync(
            core.Services.GetRequiredService<NpgsqlDataSource>(),
            [CorrectionGate.Of(sighting.Id)],
            async correction =>
            {
                entered.SetResult();
                await release.Task;
                await correction.Transaction.CommitAsync(Token);
                return true;
            },
            Token);
        await entered.Task.WaitAsync(Token);

        var erasing = EraseAsync("PV14AAA");
        const string erased = "select exists (select from sightings where id = $1 and read_plate is null)";
        await CoreHost.UntilAsync(
            async () => await core.Postgres.ScalarAsync<bool>(erased, sighting.Id)
                || await core.Postgres.ScalarAsync<bool>("select exists (select from pg_locks where locktype = 'advisory' and not granted and classid in (2, 7) and database = (select oid from pg_database where datname = current_database()))"),
            "the erasure is done or waits");
        Assert.False(await core.Postgres.ScalarAsync<bool>(erased, sighting.Id));
        release.SetResult();
        await Task.WhenAll(correcting, erasing);

        Assert.True(await core.Postgres.ScalarAsync<bool>(erased, sighting.Id));
    }

    [Fact]
    public async Task What_a_charge_an_alert_or_a_waiting_case_rests_on_is_kept_and_the_report_says_why()
    {
        var (charged, sought, waits, free) = (Sighting("PV02AAA", Noon, "london-a4"), Sighting("PV02AAA", Noon.AddHours(1), "london-a3"), Sighting("PV02AAA", Noon.AddHours(2), "london-a11"), Sighting("PV02AAA", Noon.AddHours(3), "london-a3"));
        await StoreAsync(charged, sought, waits, free);
        await core.Postgres.ExecuteAsync("delete from review_cases where plate = 'PV02AAA'");
        await core.Postgres.ExecuteAsync("insert into charge_entries (id, kind, plate, scheme, day, amount, rule, why, tariff_version, sighting_id, station_id, recorded_at) values (gen_random_uuid(), 'charge', 'PV02AAA', 'ulez', '2025-10-01', 12.5, 'r', 'w', 't', $1, 'london-a4', now())", charged.Id);
        await core.Postgres.ExecuteAsync("insert into alerts (id, entry_id, passage_id, sighting_id, plate, pattern, reason, priority, station_id, captured_at, raised_at, state) select gen_random_uuid(), gen_random_uuid(), passage_id, id, plate, plate, 'r', 1, station_id, captured_at, now(), 'open' from sightings where id = $1", sought.Id);
        await core.Postgres.ExecuteAsync("insert into review_cases (id, kind, why, sighting_id, captured_at, station_id, plate, confidence, created_at, state) select gen_random_uuid(), 'doubtful', 'w', id, captured_at, station_id, plate, confidence, now(), 'open' from sightings where id = $1", waits.Id);

        await core.Postgres.ExecuteAsync("insert into function_events (function, event, subject, at, state, attempts, reason, given_up_at) select 'f', 'alert.raised', id::text, now(), 'waiting', null, null, null::timestamptz from alerts where plate = 'PV02AAA' union all select 'f', 'alert.raised', id::text, now(), 'dead', 8, 'Nobody answers.', now() from alerts where plate = 'PV02AAA'");

        var report = await EraseAsync("PV02AAA");
        Assert.Equal((1L, 1L), Of(report, "What functions are to be told, and what they never took"));

        Assert.Equal((1L, 3L), Of(report, "Sightings"));
        Assert.Equal((1L, 3L), Of(report, "Passages"));
        Assert.Equal((0L, 1L), Of(report, "Charges"));
        Assert.Contains("book of account", report.Records.Single(r => r.What == "Charges").Why, StringComparison.Ordinal);
        Assert.False(await Objects.ExistsAsync(free.Evidence!, Token));
        foreach (var needed in (IEnumerable<Sighting>)[charged, sought, waits])
        {
            Assert.True(await Objects.ExistsAsync(needed.Evidence!, Token));
        }
    }

    [Fact]
    public async Task An_access_request_is_answered_with_an_index_the_rows_and_the_pictures()
    {
        var sighting = Sighting("PV03AAA", Noon, "london-a4");
        await StoreAsync(sighting);
        using var administrator = await Caller.OfRoleAsync(core, Role.Administrator);
        using var without = await administrator.Http.GetAsync("/api/privacy/access?plate=pv03%20aaa", Token);
        Assert.Equal(HttpStatusCode.BadRequest, without.StatusCode);

        administrator.Http.DefaultRequestHeaders.Add("Audit-Reason", "request 7 of the keeper");
        await using var content = await administrator.Http.GetStreamAsync("/api/privacy/access?plate=pv03%20aaa", Token);
        using var buffer = new MemoryStream();
        await content.CopyToAsync(buffer, Token);
        await using var zip = new ZipArchive(buffer, ZipArchiveMode.Read);

        Assert.Contains("sightings.csv", Text(zip, "index.html"), StringComparison.Ordinal);
        Assert.Contains(sighting.Id.ToString(), Text(zip, "sightings.csv"), StringComparison.Ordinal);
        Assert.Equal(2, Text(zip, "passages.csv").TrimEnd().Split('\n').Length);
        Assert.Equal("frame", Text(zip, "pictures/" + sighting.Evidence!["evidence/".Length..]));
        Assert.DoesNotContain(zip.Entries, e => e.Name == "charge_entries.csv");
        Assert.Equal(1L, await core.Postgres.ScalarAsync<long>("select count(*) from audit where action = 'privacy.access' and reason = 'request 7 of the keeper'"));
    }

    [Fact]
    public async Task Days_that_only_the_archive_still_has_are_in_the_answer_to_an_access_request()
    {
        var (gone, other) = (Sighting("PV04AAA", Noon.AddDays(-100), "london-a4"), Sighting("PV04BBB", Noon.AddDays(-100), "london-a4"));
        await StoreAsync(gone, other);
        await core.Services.GetRequiredService<LakeFeeds>().RunAsync(DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime), Token);
        await core.Postgres.ExecuteAsync("delete from sightings where plate like 'PV04%'; delete from passages where plate like 'PV04%'");

        await using var content = await core.Http.GetStreamAsync("/api/privacy/access?plate=PV04AAA", Token);
        using var zip = await ZipArchive.CreateAsync(content, ZipArchiveMode.Read, false, null, Token);

        var sightings = Text(zip, "archive_sightings.csv").TrimEnd().Split('\n');
        Assert.StartsWith("id,captured_at,station_id,", sightings[0], StringComparison.Ordinal);
        Assert.Equal(2, sightings.Length);
        Assert.Contains(gone.Id.ToString(), sightings[1], StringComparison.Ordinal);
        Assert.Contains($"{gone.CapturedAt.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fff}Z", sightings[1], StringComparison.Ordinal);
        Assert.Contains("PV04AAA", Assert.Single(Text(zip, "archive_passages.csv").TrimEnd().Split('\n')[1..]), StringComparison.Ordinal);
        Assert.Null(zip.GetEntry("sightings.csv"));
        Assert.Contains("archive_sightings.csv", Text(zip, "index.html"), StringComparison.Ordinal);
        Assert.DoesNotContain("they are not in this file", Text(zip, "index.html"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AB12'; drop table sightings; --")]
    [InlineData("ÄB12CDE")]
    public async Task What_is_no_plate_is_refused_in_words(string plate)
    {
        using var administrator = await Caller.OfRoleAsync(core, Role.Administrator);
        administrator.Http.DefaultRequestHeaders.Add("Audit-Reason", "request 8");
        using var erase = await administrator.Http.PostAsJsonAsync("/api/privacy/erasures", new PlateAsked(plate), Token);
        using var access = await administrator.Http.GetAsync("/api/privacy/access?plate=" + Uri.EscapeDataString(plate), Token);

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest), (erase.StatusCode, access.StatusCode));
        Assert.Contains("AB12CDE", await erase.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    private async Task<ErasureView> EraseAsync(string plate)
    {
        using var administrator = await Caller.OfRoleAsync(core, Role.Administrator);
        administrator.Http.DefaultRequestHeaders.Add("Audit-Reason", "request of the keeper");
        using var asked = await administrator.Http.PostAsJsonAsync("/api/privacy/erasures", new PlateAsked(plate), Token);
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        var id = (await asked.Content.ReadFromJsonAsync<ErasureView>(Token))!.Id;
        ErasureView? found = null;
        await CoreHost.UntilAsync(async () => (found = (await administrator.Http.GetFromJsonAsync<List<ErasureView>>("/api/privacy/erasures", Token))!.Single(e => e.Id == id)).DoneAt is not null, $"{plate} is erased");
        return found!;
    }

    private async Task StoreAsync(params Sighting[] sightings)
    {
        await core.Services.GetRequiredService<SightingIngest>().ApplyAsync([.. sightings.Select(Record)], [], Token);
        foreach (var sighting in sightings)
        {
            await Objects.PutAsync(sighting.Evidence!, "frame"u8.ToArray(), "image/jpeg", Token);
            await Objects.PutAsync(Contracts.Sighting.PatchKey(sighting.Evidence!), "plate"u8.ToArray(), "image/jpeg", Token);
        }

        await CoreHost.UntilAsync(
            async () =>
            {
                await core.Services.GetRequiredService<ArchiveWriter>().RollAsync(1000, DateTimeOffset.MaxValue, Token);
                return await core.Postgres.ScalarAsync<long>("select count(*) from archive_waiting") == 0;
            },
            "all is archived");
    }

    // Also in files that no table names any more. It may be that none of those that are left has plates.
    private async Task<bool> InLakeAsync(string plate)
    {
        await using var lake = new DuckDBConnection("DataSource=:memory:");
        await lake.OpenAsync(Token);
        await using var command = lake.CreateCommand();
        command.CommandText = $"select count(*) from (select null::varchar as plate where false union all by name select * from read_parquet('{Objects.Address["file://".Length..]}**/*.parquet', union_by_name = true)) where plate = '{plate}'";
        return await command.ExecuteScalarAsync(Token) is > 0L;
    }

    private static (long Erased, long Kept) Of(ErasureView report, string what) => report.Records.Single(r => r.What == what) is var r ? (r.Erased, r.Kept) : default;

    private static string Text(ZipArchive zip, string name)
    {
        using var reader = new StreamReader(zip.GetEntry(name)!.Open());
        return reader.ReadToEnd();
    }
}
