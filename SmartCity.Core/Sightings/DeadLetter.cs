using System.Text;
using Confluent.Kafka;
using SmartCity.Contracts;

namespace SmartCity.Core.Sightings;

/// <summary>A record that could not be used, as it came.</summary>
public sealed record DeadLetter(RecordPosition Position, byte[]? Key, byte[]? Value, Headers? Headers, DateTimeOffset RecordedAt, string Reason)
{
    /// <summary>The dead letter that the record was replayed from; null when it was not.</summary>
    public Guid? ReplayOf { get; init; }

    /// <summary>It claimed to be another station's.</summary>
    public bool IsForged { get; init; }

    /// <summary>The record for topic <see cref="Topics.DeadLetters"/>: original key, value and headers, and where it came from.</summary>
    public Message<byte[]?, byte[]?> ToMessage()
    {
        var headers = new Headers();
        foreach (var header in Headers ?? [])
        {
            headers.Add(header.Key, header.GetValueBytes());
        }

        headers.Add(RecordHeaders.SourceTopic, Encoding.UTF8.GetBytes(Position.Topic));
        headers.Add(RecordHeaders.SourcePartition, Encoding.UTF8.GetBytes(Position.Partition.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        headers.Add(RecordHeaders.SourceOffset, Encoding.UTF8.GetBytes(Position.Offset.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        headers.Add(RecordHeaders.Reason, Encoding.UTF8.GetBytes(Reason));
        return new Message<byte[]?, byte[]?> { Key = Key, Value = Value, Headers = headers };
    }
}
