using System.ComponentModel.DataAnnotations;

namespace SmartCity.Edge.Inbox;

/// <summary>Section <c>Edge:Inbox</c>. The inbox itself is the connection string <c>inbox</c>: a folder or an S3 bucket, as that of <c>objects</c>.</summary>
public sealed class InboxOptions
{
    public const string Section = "Edge:Inbox";

    /// <summary>Name of the connection string of the inbox; without one there is none.</summary>
    internal const string Connection = "inbox";

    /// <summary>Name of the connection string of the Kafka that the object store's notifications go to.</summary>
    internal const string KafkaConnection = "inbox-kafka";

    /// <summary>The topic of the notifications, with the connection string <c>inbox-kafka</c>; null where the object store sends none.</summary>
    public string? Topic { get; set; }

    /// <summary>How often the inbox is listed for what no notification told of.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How far before the newest picture that is done it is listed again: an object store's clock and the order in which objects become visible are not exact.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan Overlap { get; set; } = TimeSpan.FromMinutes(5);
}
