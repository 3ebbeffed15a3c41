using Microsoft.Extensions.DependencyInjection;
using SmartCity.Core.Retention;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Retention;

/// <summary>What nobody needs any more does not keep records of people.</summary>
public class AlertRetentionTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("dismissed", 31, false)]
    [InlineData("dismissed", 29, true)]
    [InlineData("acknowledged", 366, false)]
    [InlineData("acknowledged", 100, true)]
    [InlineData("open", 1000, true)]
    [InlineData("escalated", 1000, true)]
    public async Task An_alert_that_was_dealt_with_goes_and_then_its_sighting_and_its_picture(string state, int days, bool stays)
    {
        var sighting = Sighting($"AR{days}{state[..2].ToUpperInvariant()}", Now.AddDays(-1000), "london-a3");
        await StoreAsync(sighting);
        await core.Postgres.ExecuteAsync(
            "insert into alerts (id, entry_id, passage_id, sighting_id, plate, pattern, reason, priority, station_id, captured_at, raised_at, state) select gen_random_uuid(), gen_random_uuid(), passage_id, id, plate, plate, 'r', 1, station_id, captured_at, $2, $3 from sightings where id = $1",
            sighting.Id, Now.AddDays(-days), state);

        await core.Services.GetRequiredService<RetentionWorker>().RunAsync(Token);

        Assert.Equal(stays ? 1L : 0, await core.Postgres.ScalarAsync<long>("select count(*) from alerts where sighting_id = $1", sighting.Id));
        Assert.Equal(stays ? 1L : 0, await core.Postgres.ScalarAsync<long>("select count(*) from sightings where id = $1", sighting.Id));
    }

    [Fact]
    public async Task What_waited_too_long_for_a_second_person_goes()
    {
        await core.Postgres.ExecuteAsync("insert into rederive_proposals (plate, day, proposed_by, why, proposed_at) values ('RP01AAA', '2026-01-01', 'a', 'b', $1), ('RP02AAA', '2026-01-01', 'a', 'b', $2)", Now.AddDays(-31), Now.AddDays(-29));

        await core.Services.GetRequiredService<RetentionWorker>().RunAsync(Token);

        Assert.Equal(["RP02AAA"], await core.Postgres.ColumnAsync<string>("select plate from rederive_proposals"));
    }

    [Theory]
    [InlineData(57, null, true)]
    [InlineData(59, null, false)]
    [InlineData(300, "open", true)]
    [InlineData(300, "rejected 29", true)]
    [InlineData(300, "rejected 31", false)]
    public async Task The_picture_of_a_charge_goes_a_month_after_nobody_can_challenge_it(int days, string? dispute, bool stays)
    {
        var sighting = Sighting($"PC{days}{dispute?[^2..].ToUpperInvariant()}", Now.AddDays(-400), "london-a4");
        await StoreAsync(sighting);
        await core.Services.GetRequiredService<IObjectStore>().PutAsync(sighting.Evidence!, "picture"u8.ToArray(), "image/jpeg", Token);
        var charge = Guid.NewGuid();
        await core.Postgres.ExecuteAsync(
            "insert into charge_entries (id, kind, plate, scheme, day, amount, rule, why, tariff_version, sighting_id, station_id, recorded_at) values ($1, 'charge', $2, 'ulez', '2025-10-01', 12.5, 'r', 'w', 't', $3, 'london-a4', $4)",
            charge, sighting.Plate!, sighting.Id, Now.AddDays(-days));
        if (dispute is not null)
        {
            var decided = dispute == "open" ? (object)DBNull.Value : Now.AddDays(-int.Parse(dispute.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));
            await core.Postgres.ExecuteAsync(
                "insert into charge_disputes (id, charge_id, reason, state, raised_by, raised_at, decided_at) values (gen_random_uuid(), $1, 'r', $2, 'somebody', $3, $4::timestamptz)", charge, dispute.Split(' ')[0], Now.AddDays(-days), decided);
        }

        await core.Services.GetRequiredService<RetentionWorker>().RunAsync(Token);

        await using var picture = await core.Services.GetRequiredService<IObjectStore>().OpenAsync(sighting.Evidence!, Token);
        Assert.Equal(stays, picture is not null);
        Assert.Equal(1L, await core.Postgres.ScalarAsync<long>("select count(*) from charge_entries where id = $1", charge));
    }

    [Fact]
    public async Task What_a_function_never_took_goes_and_what_waits_for_one_stays()
    {
        await core.Postgres.ExecuteAsync("insert into functions (name, events) values ('asked', array['model.released']), ('gone', '{}')");
        await core.Postgres.ExecuteAsync(
            """
            insert into function_events (function, event, subject, at, state, attempts, reason, given_up_at)
            select f, 'model.released', f || ' ' || state || ' ' || days, now() - make_interval(days => days), state, 8, 'r', case state when 'dead' then now() - make_interval(days => days) end
            from unnest(array['asked', 'gone']) f, unnest(array['dead', 'waiting']) state, unnest(array[29, 31]) days
            """);

        await core.Services.GetRequiredService<RetentionWorker>().RunAsync(Token);

        Assert.Equal("asked dead 29,asked waiting 29,asked waiting 31,gone dead 29,gone waiting 29", await core.Postgres.ScalarAsync<string>("select string_agg(subject, ',' order by subject) from function_events"));
    }

    private async Task StoreAsync(Contracts.Sighting sighting)
    {
        await core.Services.GetRequiredService<SightingIngest>().ApplyAsync([Record(sighting)], [], Token);
        await core.Postgres.ExecuteAsync("delete from archive_queue; delete from archive_batches");
        await core.Postgres.ExecuteAsync("delete from review_cases where sighting_id = $1", sighting.Id);
    }
}
