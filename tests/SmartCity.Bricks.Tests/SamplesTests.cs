using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ParquetSharp;
using Samples;
using SmartCity.Bricks.Tests;
using SmartCity.Edge.Tests.Objects;

[assembly: AssemblyFixture(typeof(CephServer))]

namespace SmartCity.Bricks.Tests;

/// <summary>The samples do what their pages say, on a real Kafka and a real S3.</summary>
public sealed class SamplesTests(RealKafka kafka, CephServer ceph) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("samples").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Bucket_to_Kafka_tells_of_each_file_once()
    {
        var (servers, topic) = await kafka.TopicAsync(partitions: 1);
        await File.WriteAllTextAsync(Path.Combine(_folder, "1.jpg"), "one", TestContext.Current.CancellationToken);
        await UntilStoppedAsync(stop => BucketToKafka.RunAsync(_folder, servers, topic, stop), () => KafkaTests.Read(servers, topic).Count >= 1);
        await File.WriteAllTextAsync(Path.Combine(_folder, "2.jpg"), "two", TestContext.Current.CancellationToken);
        await UntilStoppedAsync(stop => BucketToKafka.RunAsync(_folder, servers, topic, stop), () => KafkaTests.Read(servers, topic).Count >= 2);
        Assert.Equal(["1.jpg", "2.jpg"], KafkaTests.Read(servers, topic).Select(r => KafkaTests.Header(r, "ce_subject")));
    }

    [Fact]
    public async Task Edge_to_core_carries_every_parcel_in_order()
    {
        var (servers, topic) = await kafka.TopicAsync(partitions: 1);
        using var scanner = new StringReader(string.Join('\n', Enumerable.Range(0, 20).Select(n => string.Create(CultureInfo.InvariantCulture, $"b{n % 2}, {n}, {100 + n}")).Append("what is this")));
        await EdgeToCore.RunAsync(scanner, _folder, servers, topic, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 20).Select(n => $"{n}"), KafkaTests.Read(servers, topic).Select(r => KafkaTests.Header(r, "ce_id")));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task Alert_to_chat_writes_a_message()
    {
        var (servers, topic) = await kafka.TopicAsync(partitions: 1);
        await KafkaTests.PlainAsync(servers, topic, "AB12CDE", """{"plate":"AB12CDE","stationId":"london-a1","reason":"stolen"}""");
        var messages = new List<string>();
        var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        await using var chat = builder.Build();
        chat.MapPost("/hook", (JsonElement message) =>
        {
            messages.Add(message.GetProperty("text").GetString()!);
            return Results.Ok();
        });
        await chat.StartAsync(TestContext.Current.CancellationToken);
        var address = new Uri(new Uri(chat.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()), "/hook");
        await UntilStoppedAsync(stop => AlertToChat.RunAsync(servers, topic, address, stop), () => messages.Count > 0);
        Assert.Equal(["Vehicle AB12CDE was seen at london-a1: stolen"], messages);
    }

    [Fact]
    public async Task Kafka_to_Parquet_keeps_each_record_once_however_often_it_ends()
    {
        var (servers, topic) = await kafka.TopicAsync(partitions: 1);
        await KafkaTests.ProduceAsync(servers, topic, Parcels.Events(2, KafkaToParquet.Rows));
        var connection = (await ceph.StartedAsync()).Split(';').Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", connection["AccessKey"]);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", connection["SecretKey"]);
        using var s3 = new Amazon.S3.AmazonS3Client(new Amazon.S3.AmazonS3Config { ServiceURL = connection["Endpoint"], ForcePathStyle = true, RequestChecksumCalculation = Amazon.Runtime.RequestChecksumCalculation.WHEN_REQUIRED, ResponseChecksumValidation = Amazon.Runtime.ResponseChecksumValidation.WHEN_REQUIRED });
        var bucket = $"lake-{Guid.NewGuid():n}";
        await s3.PutBucketAsync(bucket, TestContext.Current.CancellationToken);
        foreach (var objects in (int[])[1, 2])
        {
            await UntilStoppedAsync(stop => KafkaToParquet.RunAsync(servers, topic, new Uri(connection["Endpoint"]), bucket, stop), () => Listed().Count >= objects);
        }

        var rows = new List<string>();
        foreach (var key in Listed())
        {
            using var stream = (await s3.GetObjectAsync(bucket, key, TestContext.Current.CancellationToken)).ResponseStream;
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy, TestContext.Current.CancellationToken);
            copy.Position = 0;
            using var input = new ParquetSharp.IO.ManagedRandomAccessFile(copy);
            using var file = new ParquetFileReader(input);
            using var group = file.RowGroup(0);
            rows.AddRange(group.Column(2).LogicalReader<string>().ReadAll((int)group.MetaData.NumRows));
        }

        Assert.Equal(2 * KafkaToParquet.Rows, rows.Distinct().Count());
        Assert.Equal(2 * KafkaToParquet.Rows, rows.Count);

        List<string> Listed() => [.. s3.ListObjectsV2Async(new Amazon.S3.Model.ListObjectsV2Request { BucketName = bucket }).GetAwaiter().GetResult().S3Objects?.Select(o => o.Key) ?? []];
    }

    [Fact]
    public void Picture_to_plate_writes_what_it_reads()
    {
        // A white plate with black letters, drawn as in the demo pictures.
        using var picture = new OpenCvSharp.Mat(480, 640, OpenCvSharp.MatType.CV_8UC3, new OpenCvSharp.Scalar(90, 90, 90));
        OpenCvSharp.Cv2.Rectangle(picture, new OpenCvSharp.Rect(200, 220, 240, 56), OpenCvSharp.Scalar.White, -1);
        OpenCvSharp.Cv2.PutText(picture, "LR33 TEE", new OpenCvSharp.Point(208, 262), OpenCvSharp.HersheyFonts.HersheySimplex, 1.4, OpenCvSharp.Scalar.Black, 4);
        var path = Path.Combine(_folder, "car.png");
        OpenCvSharp.Cv2.ImWrite(path, picture);
        using var output = new StringWriter();
        PictureToPlate.Run([path], output);
        Assert.StartsWith($"{path}\tLR33TEE\tLR33TEE\t", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void No_sample_has_more_than_60_lines() =>
        Assert.All(Directory.GetFiles(Path.Combine(PublicApiTests.Root(), "samples"), "*.cs"), file => Assert.True(File.ReadLines(file).Count() <= 60, $"{file} has more than 60 lines."));

    private static async Task UntilStoppedAsync(Func<CancellationToken, Task> run, Func<bool> condition)
    {
        using var stop = new CancellationTokenSource();
        var running = run(stop.Token);
        await KafkaTests.UntilAsync(() => running.IsFaulted || condition());
        await stop.CancelAsync();
        await running;
    }
}
