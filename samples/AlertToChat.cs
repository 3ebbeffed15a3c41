using System.Text.Json;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using SmartCity.Bricks;
using SmartCity.Bricks.Http;
using SmartCity.Bricks.Kafka;

namespace Samples;

/// <summary>Alerts on Kafka → messages in a chat that takes {"text": …} at an address, as Slack, Mattermost and Teams do.</summary>
public static class AlertToChat
{
    public static async Task RunAsync(string servers, string topic, Uri chat, CancellationToken stop)
    {
        using var client = new HttpClient();
        var post = new HttpFunction<JsonNode>(client, chat);
        var flow = new Flow<JsonNode>((alert, cancellationToken) => post.CallAsync(alert.With(Message(alert.Data)), cancellationToken))
        {
            // An alert that was acknowledged comes again on the topic of some systems; a chat wants it once.
            Where = e => e.Data["plate"] is not null,
            Attempts = 10,
        };
        await new KafkaWorker<JsonNode>(flow, new ConsumerConfig { BootstrapServers = servers, GroupId = "alert-to-chat" }, topic).RunAsync(stop);
    }

    private static JsonNode Message(JsonNode alert) => JsonSerializer.SerializeToNode(new { text = $"Vehicle {alert["plate"]} was seen at {alert["stationId"]}: {alert["reason"]}" })!;
}
