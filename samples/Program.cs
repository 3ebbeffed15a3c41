using Samples;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    // The first one lets what is in hand end.
    e.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
};

switch (args)
{
    case ["bucket-to-kafka", var folder, var servers, var topic]: await BucketToKafka.RunAsync(folder, servers, topic, stop.Token); break;
    case ["kafka-to-parquet", var servers, var topic, var endpoint, var bucket]: await KafkaToParquet.RunAsync(servers, topic, new Uri(endpoint), bucket, stop.Token); break;
    case ["edge-to-core", var folder, var servers, var topic]: await EdgeToCore.RunAsync(Console.In, folder, servers, topic, stop.Token); break;
    case ["picture-to-plate", .. var pictures] when pictures.Length > 0: PictureToPlate.Run(pictures, Console.Out); break;
    case ["alert-to-chat", var servers, var topic, var chat]: await AlertToChat.RunAsync(servers, topic, new Uri(chat), stop.Token); break;
    case ["one-sql", var connection]: await OneSql.RunAsync(connection, Console.Out, stop.Token); break;
    default:
        Console.Error.WriteLine("""
            One of these patterns, each a file beside this one (docs/bricks says what each is for):
              bucket-to-kafka FOLDER SERVERS TOPIC
              kafka-to-parquet SERVERS TOPIC S3-ENDPOINT BUCKET     (keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)
              edge-to-core FOLDER SERVERS TOPIC                     (lines of standard input are the events)
              picture-to-plate PICTURE…
              alert-to-chat SERVERS TOPIC CHAT-URL
              one-sql CONNECTION-STRING
            """);
        return 2;
}

return 0;
