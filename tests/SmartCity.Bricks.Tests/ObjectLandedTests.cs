using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using SmartCity.Bricks.Objects;
using SmartCity.Edge.Tests.Objects;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Bricks.Tests;

public sealed class ObjectLandedTests(CephServer ceph)
{
    // As each of them sends it, shortened to what is read and a little around it.
    private const string Aws = """{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"inbox"},"object":{"key":"a1-north/a+car+%281%29.jpg","size":1024,"eTag":"d41d8cd98f00b204e9800998ecf8427e"}}},{"eventName":"ObjectRemoved:Delete","s3":{"bucket":{"name":"inbox"},"object":{"key":"old.jpg"}}}]}""";
    private const string Minio = """{"EventName":"s3:ObjectCreated:Put","Key":"inbox/a1-north/a car (1).jpg","Records":[{"eventSource":"minio:s3","eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":"inbox"},"object":{"key":"a1-north%2Fa+car+%281%29.jpg","size":1024,"eTag":"d41d8cd98f00b204e9800998ecf8427e"}}}]}""";
    private const string Ceph = """{"Records":[{"eventSource":"ceph:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"inbox"},"object":{"key":"a1-north/a car (1).jpg","size":1024,"eTag":"d41d8cd98f00b204e9800998ecf8427e"}},"opaqueData":""}]}""";

    public static TheoryData<string, string> Shapes => new()
    {
        { "AWS", Aws },
        { "MinIO", Minio },
        { "Ceph", Ceph },
        { "SNS", JsonSerializer.Serialize(new { Type = "Notification", Message = Aws }) },
        { "SQS", JsonSerializer.Serialize(new { Records = new[] { new { body = Aws } } }) },
        { "SNS in SQS", JsonSerializer.Serialize(new { Records = new[] { new { body = JsonSerializer.Serialize(new { Type = "Notification", Message = Aws }) } } }) },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_same_object_is_the_same_event_whoever_tells_of_it(string who, string notification)
    {
        var landed = Assert.Single(ObjectLanded.Read(Encoding.UTF8.GetBytes(notification)));
        Assert.Equal(new ObjectLanded("inbox", "a1-north/a car (1).jpg", "d41d8cd98f00b204e9800998ecf8427e", 1024), landed);
        Assert.Equal(ObjectLanded.Read(Encoding.UTF8.GetBytes(Aws))[0].ToEvent().Id, landed.ToEvent().Id);
        Assert.NotEmpty(who);
    }

    [Theory]
    [InlineData("inbox/gate/a car (1).jpg")]
    [InlineData("inbox/gate/1+1 is 100%25.jpg")]
    [InlineData("inbox/yard/Straße.jpg")]
    public async Task What_Ceph_tells_of_is_the_object_that_lies_in_the_bucket(string key)
    {
        var bucket = $"landed-{Guid.NewGuid():n}";
        using var store = (S3ObjectStore)ObjectStoreConnection.Parse($"{await ceph.StartedAsync()};Bucket={bucket}").Open();
        await store.PutAsync("before", "made before anybody listens"u8.ToArray(), "text/plain", TestContext.Current.CancellationToken);
        var told = new ConcurrentQueue<byte[]>();
        await using var notifier = await CephNotifier.StartAsync(await ceph.StartedAsync(), bucket, notification =>
        {
            told.Enqueue(notification);
            return Task.CompletedTask;
        });
        await store.PutAsync(key, "a picture"u8.ToArray(), "image/jpeg", TestContext.Current.CancellationToken);
        await KafkaTests.UntilAsync(() => !told.IsEmpty);
        var lies = await store.ListAsync("inbox/", TestContext.Current.CancellationToken).SingleAsync(TestContext.Current.CancellationToken);
        Assert.Equal(key, lies.Key);
        Assert.Equal(new ObjectLanded(bucket, lies.Key, lies.ETag, lies.Bytes), Assert.Single(ObjectLanded.Read(told.First())));
    }

    [Fact]
    public void Other_content_is_another_event() =>
        Assert.NotEqual(new ObjectLanded("inbox", "a", "1", 1).ToEvent().Id, new ObjectLanded("inbox", "a", "2", 1).ToEvent().Id);

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"Records":[{"s3":{}}]}""")]
    [InlineData("no json")]
    public void What_is_no_notification_is_refused(string text) => Assert.ThrowsAny<JsonException>(() => ObjectLanded.Read(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void The_test_that_AWS_sends_first_names_no_object() => Assert.Empty(ObjectLanded.Read("""{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"inbox"}"""u8.ToArray()));
}
