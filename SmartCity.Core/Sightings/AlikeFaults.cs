using System.Collections.Concurrent;
using Npgsql;

namespace SmartCity.Core.Sightings;

/// <summary>How many records of a topic could not be stored one after another for the same reason. Thread-safe.</summary>
internal sealed class AlikeFaults
{
    private readonly ConcurrentDictionary<string, (string Kind, int Count)> _ofTopics = new(StringComparer.Ordinal);

    /// <summary>Records of the topic before this one that failed in the same way.</summary>
    public int Before(string topic, Exception fault) => _ofTopics.TryGetValue(topic, out var last) && last.Kind == Kind(fault) ? last.Count : 0;

    /// <summary>A record could not be stored.</summary>
    public void Add(string topic, Exception fault)
    {
        var kind = Kind(fault);
        _ofTopics.AddOrUpdate(topic, _ => (kind, 1), (_, last) => (kind, last.Kind == kind ? last.Count + 1 : 1));
    }

    /// <summary>Records of these topics were stored.</summary>
    public void Stored(IEnumerable<string> topics)
    {
        if (_ofTopics.IsEmpty)
        {
            return;
        }

        foreach (var topic in topics.Distinct())
        {
            _ofTopics.TryRemove(topic, out _);
        }
    }

    // Messages name what was wrong of one record; the place in the code does not.
    private static string Kind(Exception fault) => fault is PostgresException p ? $"{p.SqlState} {p.ConstraintName}" : $"{fault.GetType().Name} {fault.StackTrace?.Split('\n')[0]}";
}

/// <summary>So many records could not be stored for the same reason that it is hardly theirs: they wait in Kafka until it is mended.</summary>
internal sealed class AlikeFaultException(string topic, int records, Exception fault)
    : Exception($"{records} records of {topic} one after another could not be stored for the same reason, which is hardly theirs, so the rest waits: {fault.Message}", fault);
