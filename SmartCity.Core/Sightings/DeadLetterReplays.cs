using System.Text;
using Confluent.Kafka;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Kafka;

namespace SmartCity.Core.Sightings;

/// <summary>
/// Sends dead letters back to the topic and partition that they came from, byte for byte. Ingest says what became of each; a sighting that was
/// stored before is not stored twice.
/// </summary>
internal sealed class DeadLetterReplays(NpgsqlDataSource dataSource, CoreProducer producer, TimeProvider time)
{
    /// <summary>Sent by one call at most.</summary>
    public const int Most = 1_000;

    // An audit that hears nothing of a call for minutes says that it ended in between.
    private static readonly TimeSpan NotedEvery = TimeSpan.FromSeconds(30);

    // One that was sent and not heard of again: the process that sent it may have ended in between. Sending twice is harmless.
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(1);

    /// <summary>Sends one dead letter back. Returns null if it was sent; otherwise the state because of which it cannot be sent, or an empty text if there is no such dead letter.</summary>
    /// <exception cref="ProduceException{TKey,TValue}">Kafka did not take it; it is open as before.</exception>
    public async Task<string?> SendAsync(Guid id, string by, CancellationToken cancellationToken)
    {
        if (await TakeAsync(new SqlFilter().And("id = @", (Guid?)id), 1, by, cancellationToken) is [var letter])
        {
            await SendAsync(letter, cancellationToken);
            return null;
        }

        return await StateAsync(id, cancellationToken);
    }

    /// <summary>Sends the open ones of a selection, oldest first.</summary>
    /// <param name="change">The call's; it is told when some were sent.</param>
    /// <exception cref="ProduceException{TKey,TValue}">Kafka did not take one; what was not sent is open as before.</exception>
    public async Task<DeadLetterReplay> SendAsync(DeadLetterSelection selection, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var letters = await TakeAsync(Filter(selection), Most, by, cancellationToken);
        long? noted = null;
        for (var i = 0; i < letters.Count; i++)
        {
            try
            {
                await SendAsync(letters[i], cancellationToken);
                if (noted is null || time.GetElapsedTime(noted.Value) > NotedEvery)
                {
                    await change.HasPartAsync(CancellationToken.None);
                    noted = time.GetTimestamp();
                }
            }
            catch (Exception e) when (e is KafkaException or OperationCanceledException)
            {
                await GiveBackAsync([.. letters.Skip(i + 1).Select(l => l.Id)], "not sent, because Kafka did not take a record before it");
                throw;
            }
        }

        await using var command = Filter(selection).And("state = @", "open").Command(dataSource, "select count(*) from dead_letters where {where} limit {limit}", 1);
        return new DeadLetterReplay(letters.Count, (long)(await command.ExecuteScalarAsync(cancellationToken))!);
    }

    /// <summary>Puts an open one aside for good; its bytes stay. Null when that is done; else as with <see cref="SendAsync(Guid, string, CancellationToken)"/>.</summary>
    public async Task<string?> DiscardAsync(Guid id, string reason, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var command = (await change.CommandAsync(
            """
            update dead_letters set state = 'discarded', result = $2, done_by = $3, done_at = $4
            where id = $1 and (state = 'open' or (state = 'replaying' and done_at < $5))
            """,
            cancellationToken)).With(id, reason, by, now, now - Forgotten);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1 ? null : await StateAsync(id, cancellationToken);
    }

    /// <summary>Those of a selection, whatever their state.</summary>
    public static SqlFilter Filter(DeadLetterSelection selection) => new SqlFilter()
        .And("topic = @", selection.Topic)
        .And("strpos(lower(reason), lower(@)) > 0", selection.Reason)
        .And("recorded_at >= @", selection.From)
        .And("recorded_at < @", selection.To);

    private async Task<List<Letter>> TakeAsync(SqlFilter filter, int most, string by, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        filter.And("(state = 'open' or (state = 'replaying' and done_at < @))", (DateTimeOffset?)(now - Forgotten));
        await using var command = filter.Command(
            dataSource,
            $$"""
            update dead_letters d set state = 'replaying', replays = replays + 1, result = null, done_by = {{filter.Parameter(by)}}, done_at = {{filter.Parameter(now)}}
            from (select id as taken from dead_letters where {where} order by recorded_at, id limit {limit} for update skip locked) t
            where d.id = t.taken
            returning d.id, d.topic, d.partition, d.record_key, d.record_value, d.headers::text, d.recorded_at
            """,
            most);
        var letters = await command.ReadAllAsync(
            r => new Letter(
                r.GetGuid(0), new TopicPartition(r.GetString(1), r.GetInt32(2)), r.Bytes(3), r.Bytes(4), DeadLetterHeaders.Read(r.GetString(5)), r.Time(6)),
            cancellationToken);
        return [.. letters.OrderBy(l => l.RecordedAt).ThenBy(l => l.Id)];
    }

    private async Task<string> StateAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select state from dead_letters where id = $1");
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteScalarAsync(cancellationToken) as string ?? "";
    }

    private async Task SendAsync(Letter letter, CancellationToken cancellationToken)
    {
        var headers = new Headers();
        foreach (var (name, value) in letter.Headers.Where(h => h.Name != RecordHeaders.DeadLetter))
        {
            headers.Add(name, value);
        }

        headers.Add(RecordHeaders.DeadLetter, Encoding.UTF8.GetBytes(letter.Id.ToString()));
        try
        {
            await producer.ProduceAsync(letter.From, new Message<byte[]?, byte[]?> { Key = letter.Key, Value = letter.Value, Headers = headers }, cancellationToken);
        }
        catch (Exception e) when (e is KafkaException or OperationCanceledException)
        {
            await GiveBackAsync([letter.Id], $"not sent: {(e as KafkaException)?.Error.Reason ?? "the call was given up"}");
            throw;
        }
    }

    // Not given up with the call: nobody else would open them again.
    private async Task GiveBackAsync(Guid[] letters, string result)
    {
        await using var command = dataSource.CreateCommand("update dead_letters set state = 'open', result = $2 where id = any($1) and state = 'replaying'");
        command.Parameters.Add(new() { Value = letters });
        command.Parameters.Add(new() { Value = result });
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private sealed record Letter(Guid Id, TopicPartition From, byte[]? Key, byte[]? Value, IReadOnlyList<DeadLetterHeader> Headers, DateTimeOffset RecordedAt);
}
