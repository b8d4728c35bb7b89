internal import Pairing
typealias DepositID = ArrivalID
