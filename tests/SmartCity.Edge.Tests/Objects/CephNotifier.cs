using System.Diagnostics;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SmartCity.Edge.Tests.Objects;

/// <summary>The bucket notifications of a Ceph, by way of its HTTP end point: Debian's radosgw has none for Kafka.</summary>
public sealed class CephNotifier : IAsyncDisposable
{
    private readonly WebApplication _app;

    private CephNotifier(WebApplication app) => _app = app;

    /// <param name="connection">Of the Ceph, as <see cref="CephServer.StartedAsync"/> gives it.</param>
    /// <param name="bucket">Is there already.</param>
    /// <param name="take">Takes a notification as it came.</param>
    public static async Task<CephNotifier> StartAsync(string connection, string bucket, Func<byte[], Task> take)
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapPost("/", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            await take(body.ToArray());
        });
        await app.StartAsync(TestContext.Current.CancellationToken);

        var parts = connection.Split(';').Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);
        var topic = $"landed-{Guid.NewGuid():n}";
        await CreateTopicAsync(parts, topic, app.Urls.Single());
        using var s3 = new AmazonS3Client(parts["AccessKey"], parts["SecretKey"], new AmazonS3Config
        {
            ServiceURL = parts["Endpoint"],
            ForcePathStyle = true,
            RequestChecksumCalculation = Amazon.Runtime.RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = Amazon.Runtime.ResponseChecksumValidation.WHEN_REQUIRED,
        });
        await s3.PutBucketNotificationAsync(
            new PutBucketNotificationRequest { BucketName = bucket, TopicConfigurations = [new TopicConfiguration { Id = topic, Topic = $"arn:aws:sns:default::{topic}", Events = [new EventType("s3:ObjectCreated:*")] }] },
            TestContext.Current.CancellationToken);
        return new CephNotifier(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    // As Amazon's SNS is asked; the script that starts the Ceph needs curl as well.
    private static async Task CreateTopicAsync(Dictionary<string, string> ceph, string name, string address)
    {
        using var curl = Process.Start(new ProcessStartInfo("curl", [
            "--silent", "--fail", "--aws-sigv4", "aws:amz:us-east-1:sns", "--user", $"{ceph["AccessKey"]}:{ceph["SecretKey"]}", ceph["Endpoint"] + "/",
            "--data", $"Action=CreateTopic&Name={name}&push-endpoint={Uri.EscapeDataString(address)}"])
        { RedirectStandardOutput = true })!;
        var answer = await curl.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await curl.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, curl.ExitCode);
        Assert.Contains($"arn:aws:sns:default::{name}", answer, StringComparison.Ordinal);
    }
}
