using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Faces;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Faces;

/// <summary>What a station's edge did under its orders, and what it is to do now. Without an answer from here no edge goes on for longer than the lease.</summary>
internal sealed class FaceExchanges(NpgsqlDataSource dataSource, FaceKeys keys, AuditLog audit, IOptions<FaceOptions> options, TimeProvider time, ILogger<FaceExchanges> logger)
{
    private const int MostReports = 100;
    private const int MostReasons = 50;
    private const int LongestReason = 50;
    private const int LongestKey = 500;
    private const long MostCounted = 1_000_000_000_000;

    /// <summary>What is wrong with an edge's reports; null when nothing is.</summary>
    public static string? Check(FaceExchange exchange)
    {
        if (exchange.Reports is not { Count: <= MostReports })
        {
            return $"reports must be a list of at most {MostReports}.";
        }

        if (exchange.Key is not { Length: > 0 and <= LongestKey })
        {
            return "key must be the public key of this exchange.";
        }

        foreach (var report in exchange.Reports)
        {
            // A reason that this release does not know is kept, and shown nowhere.
            if (report?.Refused is not { Count: <= MostReasons } || report.Refused.Keys.Any(k => k.Length > LongestReason))
            {
                return $"Each report must have refused, by {string.Join(", ", FaceRefusal.All)}.";
            }

            if (new[] { report.Faces, report.Passes, report.Comparisons, report.Matches, report.Lost }.Concat(report.Refused.Values).Any(c => c is < 0 or > MostCounted))
            {
                return $"Counts must be from 0 to {MostCounted}.";
            }

            if (report.DestroyedAt is { } at && !TimeArguments.IsInRange(at.Year))
            {
                return "destroyedAt is no time that can be.";
            }
        }

        return null;
    }

    /// <exception cref="InvalidDataException">The exchange's key is no public key.</exception>
    public async Task<FaceOrders> ExchangeAsync(string station, FaceExchange exchange, string edge, CancellationToken cancellationToken)
    {
        using var pair = new FaceKeyPair();
        using var seal = Seal(pair, exchange.Key);
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        foreach (var report in exchange.Reports)
        {
            await AddAsync(connection, station, report, edge, cancellationToken);
        }

        return new FaceOrders(exchange.IsLast ? [] : await OrdersAsync(connection, station, seal, cancellationToken), pair.PublicKey);
    }

    private static FaceSeal Seal(FaceKeyPair pair, byte[] key)
    {
        try
        {
            return pair.With(key);
        }
        catch (CryptographicException e)
        {
            throw new InvalidDataException("key must be a public key on the curve P-256, as SubjectPublicKeyInfo.", e);
        }
    }

    // Counts only rise, so the largest of what came is the newest, in whatever order and however often it comes. Of another station's deployment nothing is taken.
    private async Task AddAsync(NpgsqlConnection connection, string station, FaceReport report, string edge, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            with known as (select destroyed_at from face_runs where deployment_id = $1 and station_id = $2 and run = $3)
            insert into face_runs as r (deployment_id, station_id, run, faces, refused, refused_sum, passes, comparisons, matches, lost, destroyed_at, confirmed_at)
            select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, case when $11 is not null then $12 end
            where exists (select from face_deployment_cameras where deployment_id = $1 and station_id = $2)
            on conflict (deployment_id, station_id, run) do update set
                faces = greatest(r.faces, excluded.faces), refused = case when excluded.refused_sum > r.refused_sum then excluded.refused else r.refused end, refused_sum = greatest(r.refused_sum, excluded.refused_sum),
                passes = greatest(r.passes, excluded.passes), comparisons = greatest(r.comparisons, excluded.comparisons), matches = greatest(r.matches, excluded.matches), lost = greatest(r.lost, excluded.lost),
                destroyed_at = coalesce(r.destroyed_at, excluded.destroyed_at), confirmed_at = coalesce(excluded.confirmed_at, r.confirmed_at)
            returning (select destroyed_at from known) is null and r.destroyed_at is not null
            """, connection)
        {
            Parameters =
            {
                new() { Value = report.Deployment }, new() { Value = station }, new() { Value = report.Run }, new() { Value = report.Faces },
                new() { Value = JsonSerializer.Serialize(report.Refused), NpgsqlDbType = NpgsqlDbType.Jsonb }, new() { Value = report.Refused.Values.Sum() },
                new() { Value = report.Passes }, new() { Value = report.Comparisons }, new() { Value = report.Matches }, new() { Value = report.Lost },
                new() { Value = (object?)report.DestroyedAt?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz }, new() { Value = time.GetUtcNow() },
            },
        };
        if (await command.ExecuteScalarAsync(cancellationToken) is true)
        {
            await audit.AppendAsync(
                connection, edge, "faces.destroyed", $"{report.Deployment} {station}", null, JsonSerializer.Serialize(report, JsonSerializerOptions.Web), cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private async Task<List<FaceOrder>> OrdersAsync(NpgsqlConnection connection, string station, FaceSeal seal, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            select d.id, d.from_at, d.until_at, d.threshold, l.id, l.key, l.descriptor, s1.signed_at, array(select camera_id from face_deployment_cameras c where c.deployment_id = d.id and c.station_id = $1 order by 1)
            from face_deployments d join face_lists l on l.id = d.list_id
            join face_signatures s1 on s1.deployment_id = d.id and s1.place = 1 join face_signatures s2 on s2.deployment_id = d.id and s2.place = 2
            where d.revoked_at is null and d.from_at <= $2 and d.until_at > $2 and d.id in (select deployment_id from face_deployment_cameras where station_id = $1)
            order by d.from_at, d.id for share of d
            """, connection)
        { Parameters = { new() { Value = station }, new() { Value = now } } };
        var current = await command.ReadAllAsync(
            r => (Id: r.GetGuid(0), From: r.Time(1), Until: r.Time(2), Threshold: r.GetDouble(3), List: r.GetGuid(4), Key: r.GetString(5), Descriptor: r.GetString(6), SignedAt: r.Time(7), Cameras: r.GetFieldValue<string[]>(8)), cancellationToken);
        var orders = new List<FaceOrder>(current.Count);
        foreach (var d in current)
        {
            List<FaceTemplate> open;
            try
            {
                using var key = keys.Open(d.List, d.Key);
                open = await TemplatesAsync(connection, d.Id, d.List, d.SignedAt, now, key, seal, cancellationToken);
            }
            catch (CryptographicException e)
            {
                // The others go on.
                logger.LogError("Deployment {Deployment} is not ordered at station {Station}: its watch-list cannot be opened with this core's Core:Secrets:Key ({Error}).", d.Id, station, e.Message);
                continue;
            }

            // By the core's clock, whatever the edge's says.
            var lease = d.Until - now < options.Value.Lease ? d.Until - now : options.Value.Lease;
            orders.Add(new FaceOrder(d.Id, d.Cameras, d.From, d.Until, lease, d.Descriptor, d.Threshold, open));
            await using var note = new NpgsqlCommand("insert into face_orders (deployment_id, station_id, ordered_at) values ($1, $2, $3) on conflict (deployment_id, station_id) do update set ordered_at = excluded.ordered_at", connection)
            {
                Parameters = { new() { Value = d.Id }, new() { Value = station }, new() { Value = now } },
            };
            await note.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return orders;
    }
    private static async Task<List<FaceTemplate>> TemplatesAsync(
        NpgsqlConnection connection, Guid deployment, Guid list, DateTimeOffset signedAt, DateTimeOffset now, FaceKey key, FaceSeal seal, CancellationToken cancellationToken)
    {
        // Who was confirmed after the first person signed is not whom the two signed for.
        await using var templates = new NpgsqlCommand(
            "select e.id, p.number, p.template from face_entries e join face_pictures p on p.entry_id = e.id where e.list_id = $1 and e.confirmed_at <= $2 and e.expires_at > $3 order by 1, 2", connection)
        {
            Parameters = { new() { Value = list }, new() { Value = signedAt }, new() { Value = now } },
        };
        return await templates.ReadAllAsync(r => Sealed(r.GetGuid(0), key.OpenTemplate(r.GetGuid(0), r.GetInt32(1), r.GetFieldValue<byte[]>(2))), cancellationToken);

        FaceTemplate Sealed(Guid entry, byte[] template)
        {
            try
            {
                return new FaceTemplate(entry, seal.Close(deployment, entry, template));
            }
            finally
            {
                CryptographicOperations.ZeroMemory(template);
            }
        }
    }
}
