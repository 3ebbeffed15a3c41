using Confluent.Kafka;
using SmartCity.Bricks.Kafka;

namespace SmartCity.Bricks;

/// <summary>An event, or a record that is to be read as one in its lane, beside others.</summary>
/// <param name="Key">Events of one key are handled one after another.</param>
/// <param name="Event">Null where it is not read yet.</param>
/// <param name="Record">Null where the event did not come as one.</param>
/// <param name="Bytes">Of the record, or of data that is bytes or text; 0 where nobody knows.</param>
/// <param name="Place">What learns that the record is done; null where the event did not come as one.</param>
internal readonly record struct Arrival<T>(string Key, CloudEvent<T>? Event, int Bytes, ConsumeResult<byte[]?, byte[]?>? Record = null, Stretch? Place = null);
