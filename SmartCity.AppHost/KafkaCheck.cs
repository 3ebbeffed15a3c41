using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SmartCity.AppHost;

/// <summary>Whether a Kafka in a container answers.</summary>
internal static class KafkaCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <returns>The check's key.</returns>
    public static string AddKafkaCheck(this IDistributedApplicationBuilder builder, string name, Func<IResourceWithConnectionString> kafka)
    {
        var key = $"{name}-answers";
        builder.Services.AddHealthChecks().AddAsyncCheck(key, async cancellationToken =>
        {
            var servers = await kafka().GetConnectionStringAsync(cancellationToken);
            using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
            try
            {
                return await Task.Run(() => admin.GetMetadata(Patience), cancellationToken) is { Brokers.Count: > 0 } ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("Kafka has no broker.");
            }
            catch (KafkaException e)
            {
                return HealthCheckResult.Unhealthy($"Kafka does not answer at {servers}: {e.Error.Reason}");
            }
        });
        return key;
    }
}
