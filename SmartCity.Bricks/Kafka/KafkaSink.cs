using System.Globalization;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;

namespace SmartCity.Bricks.Kafka;

/// <summary>Sends events to a topic in binary mode. Thread-safe.</summary>
public sealed class KafkaSink<T> : IDisposable
{
    private const int LongestReason = 2_000;

    private readonly KafkaProducer _producer;
    private readonly TopicPartition _topic;
    private readonly JsonSerializerOptions _json;

    /// <param name="config">Idempotence and acknowledgement by all replicas are set here.</param>
    public KafkaSink(ProducerConfig config, string topic, JsonSerializerOptions? json = null)
    {
        (_topic, _json) = (new TopicPartition(topic, Partition.Any), json ?? JsonSerializerOptions.Web);
        _producer = new KafkaProducer(config);
    }

    internal Handle Handle => _producer.Handle;

    /// <summary>Returns when all replicas have the event.</summary>
    /// <exception cref="KafkaException">It was not acknowledged.</exception>
    public Task SendAsync(CloudEvent<T> e, CancellationToken cancellationToken = default) => _producer.ProduceAsync(
        _topic,
        new Message<byte[]?, byte[]?>
        {
            Key = e.Key is null ? null : Encoding.UTF8.GetBytes(e.Key),
            Value = EventData<T>.Write(e.Data, _json),
            Headers = EventHeaders.Of(e),
        },
        cancellationToken);

    /// <summary>
    /// Sends a dead letter: key, value and headers as they came, and the headers <c>reason</c>, <c>attempts</c>, <c>dead-source</c> and <c>dead-id</c>. One that is
    /// as large as a record may be has no room for them: it goes without key, value and headers of its own, and says so; its bytes are where it came from.
    /// </summary>
    /// <exception cref="KafkaException">It was not acknowledged.</exception>
    public async Task SendAsync(DeadLetter letter, CancellationToken cancellationToken = default)
    {
        try
        {
            await _producer.ProduceAsync(_topic, Message(letter), cancellationToken);
        }
        catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.MsgSizeTooLarge && letter.Value.Length > 0)
        {
            var reason = $"{(letter.Reason.Length > LongestReason ? letter.Reason[..LongestReason] : letter.Reason)} Its {letter.Value.Length:N0} bytes have no room beside this.";
            await _producer.ProduceAsync(_topic, Message(letter with { Key = null, Value = default, Headers = [], Reason = reason }), cancellationToken);
        }
    }

    private static Message<byte[]?, byte[]?> Message(DeadLetter letter)
    {
        var headers = new Headers();
        foreach (var (name, value) in letter.Headers)
        {
            headers.Add(name, value);
        }

        headers.Add("reason", Encoding.UTF8.GetBytes(letter.Reason));
        headers.Add("attempts", Encoding.UTF8.GetBytes(letter.Attempts.ToString(CultureInfo.InvariantCulture)));
        headers.Add("dead-source", Encoding.UTF8.GetBytes(letter.Source));
        headers.Add("dead-id", Encoding.UTF8.GetBytes(letter.Id));
        return new Message<byte[]?, byte[]?> { Key = letter.Key, Value = letter.Value.ToArray(), Headers = headers };
    }

    public void Dispose() => _producer.Dispose();
}
