using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Database;
using SmartCity.Core.Doubts;
using SmartCity.Core.Privacy;

namespace SmartCity.Core.Charges;

/// <summary>Objections to charges. Upholding one takes the charge back for good; a reading that was wrong is corrected instead.</summary>
internal sealed class Disputes(NpgsqlDataSource dataSource, ChargingCity city, IOptions<DoubtOptions> doubts, TimeProvider time)
{
    private const string Columns = "d.id, d.reason, d.state, d.raised_by, d.raised_at, d.decided_by, d.decided_at, d.note";
    private const int FirstOfCharge = 8;

    private static readonly string Select =
        $"select {Columns}, {string.Join(", ", ChargeEntries.Columns.Split(", ").Select(c => "e." + c))} from charge_disputes d join charge_entries e on e.id = d.charge_id";

    /// <summary>Raises one.</summary>
    /// <returns>The dispute; null when there is no such charge.</returns>
    /// <exception cref="InvalidOperationException">The charge does not stand or is disputed already; the message says which.</exception>
    public Task<DisputeView?> RaiseAsync(Guid chargeId, string reason, string by, CancellationToken cancellationToken, AuditedChange? change = null) =>
        CorrectionGate.CorrectAsync(dataSource, [], correction => RaiseAsync(correction, chargeId, reason, by, cancellationToken), cancellationToken, change);

    private async Task<DisputeView?> RaiseAsync(Correction correction, Guid chargeId, string reason, string by, CancellationToken cancellationToken)
    {
        var connection = correction.Connection;
        if (await PlateAsync(connection, chargeId, cancellationToken) is not { } plate)
        {
            return null;
        }

        correction.Touches([plate]);
        switch (await StandingAsync(connection, chargeId, cancellationToken))
        {
            case null:
                return null;
            case false:
                throw new InvalidOperationException("Only a charge that stands can be disputed; this line was reversed, or is a reversal.");
        }

        var id = Guid.CreateVersion7(time.GetUtcNow());
        await using var command = new NpgsqlCommand(
            "insert into charge_disputes (id, charge_id, reason, raised_by, raised_at) values ($1, $2, $3, $4, $5) on conflict (charge_id) where state = 'open' do nothing", connection)
        {
            Parameters = { new() { Value = id }, new() { Value = chargeId }, new() { Value = reason }, new() { Value = by }, new() { Value = time.GetUtcNow() } },
        };
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            throw new InvalidOperationException("The charge already has an open dispute. Decide that one first.");
        }

        var raised = await FindAsync(connection, id, cancellationToken);
        await correction.CommitAsync(cancellationToken);
        return raised;
    }

    /// <summary>Decides one: upheld takes back what stands for the charge's vehicle, scheme and day, be it the charge itself or one worked out anew.</summary>
    /// <returns>The dispute; null if there is no such dispute.</returns>
    /// <exception cref="InvalidOperationException">It was decided already, or whoever decides raised it.</exception>
    public Task<DisputeView?> DecideAsync(Guid id, bool upheld, string note, string by, CancellationToken cancellationToken, AuditedChange? change = null) =>
        CorrectionGate.CorrectAsync(dataSource, [], correction => DecideAsync(correction, id, upheld, note, by, cancellationToken), cancellationToken, change);

    private async Task<DisputeView?> DecideAsync(Correction correction, Guid id, bool upheld, string note, string by, CancellationToken cancellationToken)
    {
        var (connection, transaction) = (correction.Connection, correction.Transaction);
        if (await FindAsync(connection, id, cancellationToken) is not { } dispute)
        {
            return null;
        }

        correction.Touches([dispute.Charge.Plate]);

        if (dispute.State != "open")
        {
            throw new InvalidOperationException($"{dispute.DecidedBy} has already {dispute.State} the dispute.");
        }

        if (dispute.RaisedBy == by)
        {
            throw new InvalidOperationException("Whoever raised a dispute cannot decide it. Another person must.");
        }

        var now = time.GetUtcNow();
        await using var command = new NpgsqlCommand("update charge_disputes set state = $2, decided_by = $3, decided_at = $4, note = $5 where id = $1", connection)
        {
            Parameters = { new() { Value = id }, new() { Value = upheld ? "upheld" : "rejected" }, new() { Value = by }, new() { Value = now }, new() { Value = note } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
        if (upheld)
        {
            if (doubts.Value.WatchAfterDispute > TimeSpan.Zero)
            {
                await WatchedPlates.AddAsync(connection, transaction, dispute.Charge.Plate, city.DayOf(now), city.DayOf(now + doubts.Value.WatchAfterDispute), id, cancellationToken);
            }

            var day = new VehicleDay(dispute.Charge.Plate, dispute.Charge.Day);
            foreach (var charge in (await ChargeEntries.StandingAsync(connection, transaction, [day], cancellationToken)).Where(c => c.Scheme == dispute.Charge.Scheme))
            {
                await ChargeEntries.ReverseAsync(connection, transaction, charge, $"Disputed ({dispute.Reason}) and upheld by {by}: {note}", now, cancellationToken, waives: true);
            }
        }

        var decided = await FindAsync(connection, id, cancellationToken);
        await correction.CommitAsync(cancellationToken);
        return decided;
    }

    /// <summary>Disputes, newest first.</summary>
    /// <param name="restricted">Whether those of restricted plates are among them.</param>
    public async Task<List<DisputeView>> ListAsync(string? state, DateOnly? day, bool restricted, Cursor? after, int count, CancellationToken cancellationToken)
    {
        await using var command = new SqlFilter().And("d.state = @", state).And("e.day = @", day).And(restricted ? null : Restricted.Not("e.plate")).After("d.raised_at", "d.id", after)
            .Command(dataSource, Select + " where {where} order by d.raised_at desc, d.id desc limit {limit}", count);
        return await command.ReadAllAsync(Read, cancellationToken);
    }

    /// <summary>All of a charge's vehicle, scheme and day, oldest first.</summary>
    public async Task<List<DisputeView>> OfAsync(Guid chargeId, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(Select + " where (e.plate, e.scheme, e.day) = (select plate, scheme, day from charge_entries where id = $1) order by d.raised_at, d.id");
        command.Parameters.Add(new() { Value = chargeId });
        return await command.ReadAllAsync(Read, cancellationToken);
    }

    private static async Task<DisputeView?> FindAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Select + " where d.id = $1", connection) { Parameters = { new() { Value = id } } };
        return (await command.ReadAllAsync(Read, cancellationToken)).FirstOrDefault();
    }

    private static async Task<string?> PlateAsync(NpgsqlConnection connection, Guid chargeId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select plate from charge_entries where id = $1", connection) { Parameters = { new() { Value = chargeId } } };
        return (string?)await command.ExecuteScalarAsync(cancellationToken);
    }

    // Null when there is no such line.
    private static async Task<bool?> StandingAsync(NpgsqlConnection connection, Guid chargeId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select kind = 'charge' and not exists (select from charge_entries r where r.reverses = e.id) from charge_entries e where id = $1", connection)
        {
            Parameters = { new() { Value = chargeId } },
        };
        return (bool?)await command.ExecuteScalarAsync(cancellationToken);
    }

    private static DisputeView Read(NpgsqlDataReader r) => new(
        r.GetGuid(0), ChargeEntries.Read(r, FirstOfCharge), r.GetString(1), r.GetString(2), r.GetString(3), r.Time(4), r.Text(5), r.IsDBNull(6) ? null : r.Time(6), r.Text(7));
}
