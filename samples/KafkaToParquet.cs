using Amazon.S3;
using Amazon.S3.Model;
using Confluent.Kafka;
using ParquetSharp;
using ParquetSharp.IO;

namespace Samples;

/// <summary>
/// A topic → Parquet objects in S3. The objects are named by the offsets in them, and positions are committed when an object is in the bucket: after a crash the same
/// records make the same object again, so none is lost and none is there twice. A batch of columns is not one event, so this stands on the consumer alone.
/// </summary>
public static class KafkaToParquet
{
    public const int Rows = 1_000;

    public static async Task RunAsync(string servers, string topic, Uri endpoint, string bucket, CancellationToken stop)
    {
        using var s3 = new AmazonS3Client(new AmazonS3Config { ServiceURL = endpoint.ToString(), ForcePathStyle = true, RequestChecksumCalculation = Amazon.Runtime.RequestChecksumCalculation.WHEN_REQUIRED, ResponseChecksumValidation = Amazon.Runtime.ResponseChecksumValidation.WHEN_REQUIRED });
        using var consumer = new ConsumerBuilder<string, string>(new ConsumerConfig { BootstrapServers = servers, GroupId = "kafka-to-parquet", AutoOffsetReset = AutoOffsetReset.Earliest, EnableAutoCommit = false }).Build();
        consumer.Subscribe(topic);
        var open = new Dictionary<TopicPartition, List<ConsumeResult<string, string>>>();
        while (!stop.IsCancellationRequested)
        {
            if (await Task.Run(() => consumer.Consume(TimeSpan.FromMilliseconds(100)), CancellationToken.None) is not { } record)
            {
                continue;
            }

            // A partition that came back begins anew where it was committed.
            var rows = open.TryGetValue(record.TopicPartition, out var known) && known[^1].Offset < record.Offset ? known : open[record.TopicPartition] = [];
            rows.Add(record);
            if ((record.Offset.Value + 1) % Rows == 0)
            {
                await s3.PutObjectAsync(new PutObjectRequest { BucketName = bucket, Key = $"{topic}/{record.Partition.Value}/{rows[0].Offset.Value:D12}.parquet", InputStream = Parquet(rows) }, CancellationToken.None);
                consumer.Commit(record);
                open.Remove(record.TopicPartition);
            }
        }

        consumer.Close();
    }

    private static MemoryStream Parquet(List<ConsumeResult<string, string>> rows)
    {
        var stream = new MemoryStream();
        using (var output = new ManagedOutputStream(stream, leaveOpen: true))
        using (var file = new ParquetFileWriter(output, [new Column<string>("key"), new Column<DateTime>("at", LogicalType.Timestamp(true, TimeUnit.Micros)), new Column<string>("value")]))
        {
            using var group = file.AppendRowGroup();
            group.NextColumn().LogicalWriter<string>().WriteBatch([.. rows.Select(r => r.Message.Key)]);
            group.NextColumn().LogicalWriter<DateTime>().WriteBatch([.. rows.Select(r => r.Message.Timestamp.UtcDateTime)]);
            group.NextColumn().LogicalWriter<string>().WriteBatch([.. rows.Select(r => r.Message.Value)]);
            file.Close();
        }

        stream.Position = 0;
        return stream;
    }
}
