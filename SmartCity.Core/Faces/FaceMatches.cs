using System.Text.Json;
using Microsoft.Extensions.Options;
using Npgsql;
using SkiaSharp;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Faces;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Faces;

/// <summary>
/// Matches are questions to reviewers, and nothing else comes of them. One that is dismissed, or that nobody decided, is destroyed at once: only its id,
/// its outcome and who decided stay. The distance is never stored, only how near it was.
/// </summary>
internal sealed class FaceMatches(NpgsqlDataSource dataSource, FaceKeys keys, AuditLog audit, IOptions<FaceOptions> options, TimeProvider time)
{
    private const int MostShown = 100;
    private const int WidestPicture = 4_000;
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);

    /// <summary>What is wrong with a match as an edge sends it; null when nothing is.</summary>
    public string? Check(FaceMatch match)
    {
        if (match.Id.Version != 7)
        {
            return "id must be a UUID of version 7.";
        }

        if (string.IsNullOrWhiteSpace(match.Camera) || !double.IsFinite(match.Distance) || match.Distance < 0)
        {
            return "camera must name the camera, and distance must be a number from 0 on.";
        }

        if (match.Looks is < FaceRules.FewestLooks or > 10_000)
        {
            return $"looks is {match.Looks}; a match is made of {FaceRules.FewestLooks} good looks at least.";
        }

        return !TimeArguments.IsInRange(match.At.Year) || match.At > time.GetUtcNow() + ClockTolerance ? "at is in the future, or no time that can be."
            : match.Picture is not { Length: > 0 and <= FaceRules.LargestMatchPicture } ? $"picture must have at most {FaceRules.LargestMatchPicture:N0} bytes."
            : IsJpeg(match.Picture) ? null : $"picture must be a JPEG of at most {WidestPicture} pixels each way.";
    }

    /// <summary>Takes a match once, and only while its deployment is in force.</summary>
    /// <returns>Why it is not taken, in plain English; null when it is, or was before.</returns>
    public async Task<string?> TakeAsync(string station, FaceMatch match, string edge, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            select d.list_id, d.threshold, exists (select from face_entries e where e.id = $6 and e.list_id = d.list_id and e.confirmed_at <= s1.signed_at and e.expires_at > $5)
            from face_deployments d join face_signatures s1 on s1.deployment_id = d.id and s1.place = 1 join face_signatures s2 on s2.deployment_id = d.id and s2.place = 2
            join face_deployment_cameras c on c.deployment_id = d.id and c.station_id = $2 and c.camera_id = $3
            where d.id = $1 and d.revoked_at is null and d.list_id is not null and d.from_at <= $4 and s2.signed_at <= $4 and d.until_at > $4 and d.until_at + $7 > $5
            for share of d
            """, connection)
        {
            Parameters =
            {
                new() { Value = match.Deployment }, new() { Value = station }, new() { Value = match.Camera }, new() { Value = match.At.ToUniversalTime() }, new() { Value = now }, new() { Value = match.Entry }, new() { Value = options.Value.Lease },
            },
        };
        if (await command.ReadAllAsync(r => (List: r.GetGuid(0), Threshold: r.GetDouble(1), HasEntry: r.GetBoolean(2)), cancellationToken) is not [var deployment])
        {
            return "No deployment of this id was in force at this camera at that time, or it is revoked or over. Destroy the match.";
        }

        if (!deployment.HasEntry)
        {
            return "The watch-list of this deployment has no such entry any more. Destroy the match.";
        }

        if (FaceRules.Nearness(match.Distance, deployment.Threshold) is not { } nearness)
        {
            return $"The distance is not below the deployment's threshold of {deployment.Threshold:0.###}. Destroy the match.";
        }

        using var key = await keys.FindAsync(connection, deployment.List, cancellationToken);
        if (key is null)
        {
            return "The watch-list of this deployment was deleted. Destroy the match.";
        }

        await using var insert = new NpgsqlCommand(
            "insert into face_matches (id, deployment_id, received_at, list_id, entry_id, station_id, camera_id, seen_at, looks, nearness, picture) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (id) do nothing", connection);
        foreach (var value in (object[])[match.Id, match.Deployment, now, deployment.List, match.Entry, station, match.Camera, match.At.ToUniversalTime(), match.Looks, nearness, key.SealMatch(match.Id, match.Entry, match.Picture)])
        {
            insert.Parameters.Add(new() { Value = value });
        }

        if (await insert.ExecuteNonQueryAsync(cancellationToken) == 1)
        {
            await audit.AppendAsync(connection, edge, "faces.match", $"{match.Id} {match.Deployment} {station}", null, null, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    /// <summary>Those that wait, the oldest first.</summary>
    public async Task<List<FaceMatchView>> WaitingAsync(string by, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select m.id, m.deployment_id, m.station_id, m.camera_id, m.seen_at, e.id, e.about, e.category, m.nearness, m.looks, array(select number from face_pictures p where p.entry_id = e.id order by 1),
                   m.first_by is not null, coalesce(lower(m.first_by) = lower($1), false), m.received_at, l.id, l.key
            from face_matches m join face_entries e on e.id = m.entry_id join face_lists l on l.id = m.list_id
            where m.outcome is null and m.received_at > $2 order by m.received_at, m.id limit $3
            """);
        command.Parameters.Add(new() { Value = by });
        command.Parameters.Add(new() { Value = time.GetUtcNow() - options.Value.Undecided });
        command.Parameters.Add(new() { Value = MostShown });
        return await command.ReadAllAsync(
            r =>
            {
                using var key = keys.Open(r.GetGuid(14), r.GetString(15));
                var about = FaceEntries.About(key, r.GetGuid(5), r.GetFieldValue<byte[]>(6));
                return new FaceMatchView(
                    r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.Time(4), about.Label, r.GetString(7), about.Reason, r.GetString(8), r.GetInt32(9), r.GetFieldValue<int[]>(10),
                    r.GetBoolean(11), r.GetBoolean(12), r.Time(13) + options.Value.Undecided);
            },
            cancellationToken);
    }

    /// <summary>The picture of a match that is not destroyed.</summary>
    public async Task<byte[]?> PictureAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select m.entry_id, m.picture, l.id, l.key from face_matches m join face_lists l on l.id = m.list_id where m.id = $1 and m.destroyed_at is null");
        command.Parameters.Add(new() { Value = id });
        if (await command.ReadAllAsync(r => (Entry: r.GetGuid(0), Sealed: r.GetFieldValue<byte[]>(1), List: r.GetGuid(2), Key: r.GetString(3)), cancellationToken) is not [var found])
        {
            return null;
        }

        using var key = keys.Open(found.List, found.Key);
        return key.OpenMatch(id, found.Entry, found.Sealed);
    }

    /// <summary>Whom a match that is not destroyed may show.</summary>
    public async Task<Guid?> EntryAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select entry_id from face_matches where id = $1 and destroyed_at is null");
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteScalarAsync(cancellationToken) as Guid?;
    }

    /// <summary>What a reviewer says to a match. What decides it also destroys it, unless two people have confirmed it.</summary>
    /// <returns>Null if there is no such match.</returns>
    /// <exception cref="InvalidDataException">It is decided, or this person has answered.</exception>
    public async Task<FaceMatchOutcome?> AnswerAsync(Guid id, string by, string says, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var take = new NpgsqlCommand("select outcome, first_by, first_says, received_at from face_matches where id = $1 for update", connection) { Parameters = { new() { Value = id } } };
        if (await take.ReadAllAsync(r => (Outcome: r.Text(0), By: r.Text(1), Says: r.Text(2), ReceivedAt: r.Time(3)), cancellationToken) is not [var match])
        {
            return null;
        }

        if (match.Outcome is not null || match.ReceivedAt + options.Value.Undecided <= now)
        {
            throw new InvalidDataException("This match is decided already, or its time is over.");
        }

        if (string.Equals(match.By, by, StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidDataException("You have answered already: another person must answer too.");
        }

        var outcome = FaceRules.Outcome(match.Says, says);
        await (outcome switch
        {
            null => ExecuteAsync(connection, "update face_matches set first_by = $2, first_says = $3, first_at = $4 where id = $1", cancellationToken, id, by, says, now),
            "true" => ExecuteAsync(connection, "update face_matches set decided_by = $2, outcome = $3, decided_at = $4 where id = $1", cancellationToken, id, by, outcome, now),
            _ => DestroyAsync(connection, "id = $2", id, now, cancellationToken, outcome, by),
        });
        await audit.AppendAsync(
            connection, by, "faces.answer", id.ToString(), null, JsonSerializer.Serialize(new { says, outcome = outcome ?? "second-needed" }), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new FaceMatchOutcome(id, outcome ?? "second-needed");
    }

    /// <summary>Destroys what nobody decided in time, and what was confirmed long ago, and writes down how many of each.</summary>
    public async Task ExpireAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var undecided = await DestroyAsync(connection, "outcome is null and received_at <= $2", now - options.Value.Undecided, now, cancellationToken);
        var kept = await DestroyAsync(connection, "outcome = 'true' and decided_at <= $2", now - options.Value.KeepConfirmed, now, cancellationToken);
        if (undecided + kept > 0)
        {
            await audit.AppendAsync(connection, "core", "faces.expired", $"{undecided} undecided and {kept} confirmed matches", null, null, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Takes everything of matches but the id, the deployment, the outcome and who decided. Those without an outcome become unresolved, or what is given.</summary>
    /// <param name="which">A condition, a constant, over <c>$2</c>.</param>
    public static async Task<int> DestroyAsync(NpgsqlConnection connection, string which, object value, DateTimeOffset now, CancellationToken cancellationToken, string outcome = "unresolved", string? by = null)
    {
        await using var command = new NpgsqlCommand(
            $"""
            update face_matches set outcome = coalesce(outcome, $3), decided_at = coalesce(decided_at, $1), decided_by = coalesce(decided_by, $4), destroyed_at = $1,
                list_id = null, entry_id = null, station_id = null, camera_id = null, seen_at = null, looks = null, nearness = null, picture = null, first_says = null
            where destroyed_at is null and {which}
            """, connection)
        { Parameters = { new() { Value = now }, new() { Value = value }, new() { Value = outcome }, TextParameter.Of(by) } };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static bool IsJpeg(byte[] picture)
    {
        using var data = SKData.CreateCopy(picture);
        using var codec = SKCodec.Create(data);
        return codec is { EncodedFormat: SKEncodedImageFormat.Jpeg, Info: { Width: > 0 and <= WidestPicture, Height: > 0 and <= WidestPicture } };
    }
}
